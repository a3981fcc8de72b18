import { requiredRegion } from "./required-region.ts";
import { apiFailure, eachRequested, simulatedCloud, topologyOf } from "./simulation.ts";

const topologyFault = 2;

/** Nscale as a model has it: all tiers, domains as the model says. */
export const nscaleSim = simulatedCloud({
  kind: "nscale-sim",
  summary: "Nscale, simulated: nodes of a model.",
  discover: ({ model, apiError }, request) =>
    request.flatMap((part) => {
      requiredRegion(part);
      if (apiError === topologyFault) throw apiFailure("failed to get topology");
      return eachRequested(model.nodes, part, topologyOf);
    }),
});
