import { ociTopology } from "./oci-topology.ts";
import { requiredRegion } from "./required-region.ts";
import { apiFailure, eachRequested, simulatedCloud } from "./simulation.ts";

/** What fails, by the number of the fault. */
const faults = new Map([
  [2, "failed to create API client"],
  [3, "failed to get availability domains"],
  [4, "failed to get hosts info"],
  [5, "failed to get hosts info"],
]);

/** Oracle Cloud as a model has it: the lower three tiers, sub-domains for racks, and names for switches. */
export const ociSim = simulatedCloud({
  kind: "oci-sim",
  summary: "Oracle Cloud, simulated: nodes of a model in at least three tiers; switches get short names.",
  normalise: true,
  discover: ({ model, apiError, metrics }, request) =>
    request.flatMap((part) => {
      requiredRegion(part);
      const fault = faults.get(apiError);
      if (fault !== undefined) throw apiFailure(fault);
      return eachRequested(model.nodes, part, (instanceId, { labels, tiers, domain, subDomain }) => {
        const [localBlockId, networkBlockId, hpcIslandId] = tiers;
        const found = ociTopology(
          { instanceId, localBlockId, networkBlockId, hpcIslandId, gpuMemoryFabricId: domain, rack: subDomain },
          (data) => metrics.mark("topograph_oci_missing_host_data", { data, node_name: instanceId }),
        );
        return found && { ...found, labels };
      });
    }),
});
