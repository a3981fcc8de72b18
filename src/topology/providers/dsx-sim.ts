import type { Model } from "../models/model.ts";
import { apiFailure, eachRequested, simulatedCloud, topologyOf } from "./simulation.ts";

const clientFault = 2;
const topologyFault = 3;

/** DSX as a model has it: leaf, its parent and its grandparent. A switch with nodes of its own tells of no switches below it. */
export const dsxSim = simulatedCloud({
  kind: "dsx-sim",
  summary: "NVIDIA DSX, simulated: nodes of a model in up to three tiers; regions need not be named.",
  discover({ model, apiError }, request) {
    if (apiError === clientFault) throw apiFailure("failed to get client");
    if (apiError === topologyFault) throw apiFailure("API error");
    const tiersOfLeaf = new Map<string, readonly string[]>();
    return request.flatMap((part) =>
      eachRequested(model.nodes, part, (instanceId, place) => {
        const [leaf] = place.tiers;
        if (leaf === undefined) return undefined;
        const tiers = tiersOfLeaf.get(leaf) ?? toldTiers(model, leaf);
        tiersOfLeaf.set(leaf, tiers);
        return topologyOf(instanceId, { ...place, tiers });
      }),
    );
  },
});

/** Always three, empty where nothing is told of one, so that tiers are trimmed from the third on. */
function toldTiers(model: Model, leaf: string): readonly string[] {
  const parent = toldParent(model, leaf);
  return [leaf, parent, parent === "" ? "" : toldParent(model, parent)];
}

function toldParent(model: Model, name: string): string {
  const parent = model.switches.get(model.switches.get(name)?.parent ?? "");
  return parent === undefined || parent.nodes.length > 0 ? "" : parent.name;
}
