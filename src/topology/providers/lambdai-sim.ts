import { requiredRegion } from "./required-region.ts";
import { apiFailure, eachRequested, simulatedCloud, topologyOf } from "./simulation.ts";

const clientFault = 2;
const listFault = 3;

/** Lambda's domains are of an NVLink domain and a clique in it; every simulated one has the same clique. */
const clique = "simulation";

/** Lambda as a model has it: all tiers, domains with a clique. */
export const lambdaiSim = simulatedCloud({
  kind: "lambdai-sim",
  summary: "Lambda, simulated: nodes of a model; accelerator domains end in `.simulation`.",
  discover({ model, apiError }, request) {
    if (apiError === clientFault) throw apiFailure("failed to create API client");
    return request.flatMap((part) => {
      requiredRegion(part);
      if (apiError === listFault) throw apiFailure("failed to get instance list");
      return eachRequested(model.nodes, part, (instanceId, place) =>
        topologyOf(instanceId, place.domain === undefined ? place : { ...place, domain: `${place.domain}.${clique}` }),
      );
    });
  },
});
