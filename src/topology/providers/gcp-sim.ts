import type { Model, ModelPlace } from "../models/model.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import { gcpTopology } from "./gcp-topology.ts";
import { requiredRegion } from "./required-region.ts";
import { apiFailure, eachRequested, simulatedCloud } from "./simulation.ts";

const clientFault = 2;
const listFault = 3;

/** Compute Engine as a model has it: the lower three tiers, the leaf switch for a domain. Instances are numbers. */
export const gcpSim = simulatedCloud({
  kind: "gcp-sim",
  summary: "Google Compute Engine, simulated: nodes of a model, whose names are numbers, in at least three tiers.",
  discover({ model, apiError, metrics }, request) {
    if (apiError === clientFault) throw apiFailure("failed to get client");
    let listed: Model["nodes"] | undefined;
    return request.flatMap((part) => {
      requiredRegion(part);
      if (apiError === listFault) throw new TopologyError(502, "API error");
      listed ??= nodesByNumber(model);
      return eachRequested(listed, part, (instanceId, { tiers: [subblock, block, cluster], labels }) => {
        const found = gcpTopology(instanceId, { subblock, block, cluster });
        if (found !== undefined) return { ...found, labels };
        metrics.mark("topograph_gcp_missing_resource_status", { instance_name: instanceId });
        return undefined;
      });
    });
  },
});

const mostNumber = 2n ** 64n - 1n;

/** Nodes by the numbers that their names are, as they are written without leading zeros. */
function nodesByNumber({ nodes }: Model): Model["nodes"] {
  const found = new Map<string, ModelPlace>();
  for (const [name, place] of nodes) {
    const number = /^\d+$/.test(name) ? BigInt(name) : mostNumber + 1n;
    if (number > mostNumber) {
      throw new TopologyError(502, `invalid instance ID ${quoteGo(name)}; must be numerical`);
    }
    found.set(String(number), place);
  }
  return found;
}
