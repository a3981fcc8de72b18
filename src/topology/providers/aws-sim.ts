import type { ComputeInstances } from "../graph/topology-graph.ts";
import { zoneLabel, type Model, type ModelNode } from "../models/model.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import { requiredRegion } from "./required-region.ts";
import { apiFailure, placeOf, requestedNodes, simulatedCloud } from "./simulation.ts";

const clientFault = 4;
const describeFault = 5;

/** EC2 takes so many instances by their ids; of more, it is asked for all that it has. */
const mostIds = 100;

/** EC2 as a model has it: all tiers, domains as the model says. Every instance that EC2 describes needs a zone. */
export const awsSim = simulatedCloud({
  kind: "aws-sim",
  summary: "Amazon EC2, simulated: nodes of a model, which need the label `topology.kubernetes.io/zone`.",
  discover: ({ model, apiError }, request) =>
    request.flatMap((part) => {
      requiredRegion(part);
      if (apiError === clientFault) throw apiFailure("failed to get client");
      if (apiError === describeFault) throw apiFailure("failed to describe instance topology");
      return described(model, part).flatMap((node) => (part.instances.has(node.name) ? placeOf(node) : []));
    }),
});

function described(model: Model, part: ComputeInstances): readonly ModelNode[] {
  const nodes = part.instances.size <= mostIds ? [...requestedNodes(model, part)] : [...model.nodes.values()];
  const homeless = nodes.find(({ labels }) => (labels[zoneLabel] ?? "") === "");
  if (homeless === undefined) return nodes;
  const reason = `availability zone not found for instance ${quoteGo(homeless.name)} in AWS simulation`;
  throw new TopologyError(502, `failed to describe instance topology: ${reason}`);
}
