import { crusoeOptions, crusoeParams, crusoeTopology } from "./crusoe-labels.ts";
import { simulatedCloud } from "./simulation.ts";

/** A Crusoe cluster as a model has it: labels that the model gives switches tell partitions and pods, as those of Nodes do. */
export const crusoeSim = simulatedCloud({
  kind: "crusoe-sim",
  summary: "Crusoe Cloud, simulated: nodes of a model whose labels tell their InfiniBand partition and their pod.",
  moreParams: crusoeParams,
  discover({ model, given, metrics }, request) {
    const options = crusoeOptions(given, { prefix: "error decoding params: " });
    // Models say by an annotation what a Node's label says on a real cluster.
    const nodes = Array.from(model.nodes, ([instanceId, { labels, domain }]) => ({
      instanceId,
      labels,
      clique: domain,
    }));
    return crusoeTopology(nodes, request, options, metrics).map((found) => ({
      ...found,
      labels: model.nodes.get(found.instanceId)?.labels ?? {},
    }));
  },
});
