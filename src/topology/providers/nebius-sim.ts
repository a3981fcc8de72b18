import { nebiusTiers } from "./nebius-topology.ts";
import { requiredRegion } from "./required-region.ts";
import { apiFailure, eachRequested, simulatedCloud, topologyOf } from "./simulation.ts";

const clientFault = 2;
const listFault = 3;
/** Instances without a path through InfiniBand, and without metadata: nothing is known of them. */
const silentFaults: readonly number[] = [4, 5];

/** Nebius as a model has it: three tiers, no more and no fewer. */
export const nebiusSim = simulatedCloud({
  kind: "nebius-sim",
  summary: "Nebius, simulated: nodes of a model in exactly three tiers.",
  discover({ model, apiError }, request) {
    if (apiError === clientFault) throw apiFailure("failed to create API client");
    return request.flatMap((part) => {
      requiredRegion(part);
      if (apiError === listFault) throw apiFailure("failed to get instance list");
      if (silentFaults.includes(apiError)) return [];
      return eachRequested(model.nodes, part, (instanceId, place) =>
        place.tiers.length === nebiusTiers ? topologyOf(instanceId, place) : undefined,
      );
    });
  },
});
