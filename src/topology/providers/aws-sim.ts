import type { ComputeInstances } from "../graph/topology-graph.ts";
import { zoneLabel } from "../models/model.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import { requiredRegion } from "./required-region.ts";
import { apiFailure, eachRequested, simulatedCloud, topologyOf } from "./simulation.ts";

const clientFault = 4;
const describeFault = 5;

/** EC2 takes so many instances by their ids; of more, it is asked for all that it has. */
const mostIds = 100;

/** EC2 as a model has it: all tiers, domains as the model says. Every instance that EC2 describes needs a zone. */
export const awsSim = simulatedCloud({
  kind: "aws-sim",
  summary: "Amazon EC2, simulated: nodes of a model, which need the label `topology.kubernetes.io/zone`.",
  discover({ model: { nodes }, apiError }, request) {
    const isHomeless = (name: string): boolean => (nodes.get(name)?.labels[zoneLabel] ?? "") === "";
    const isListing = ({ instances }: ComputeInstances): boolean => instances.size > mostIds;
    const firstOfAll = request.some(isListing) ? [...nodes.keys()].find(isHomeless) : undefined;
    return request.flatMap((part) => {
      requiredRegion(part);
      if (apiError === clientFault) throw apiFailure("failed to get client");
      if (apiError === describeFault) throw apiFailure("failed to describe instance topology");
      const named = () => [...part.instances.keys()].find((id) => nodes.has(id) && isHomeless(id));
      const homeless = isListing(part) ? firstOfAll : named();
      if (homeless === undefined) return eachRequested(nodes, part, topologyOf);
      const reason = `availability zone not found for instance ${quoteGo(homeless)} in AWS simulation`;
      throw new TopologyError(502, `failed to describe instance topology: ${reason}`);
    });
  },
});
