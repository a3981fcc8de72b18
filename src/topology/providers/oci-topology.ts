import type { InstanceTopology } from "../graph/topology-graph.ts";

/** A compute host of Oracle Cloud, as far as it matters here. */
export interface OciHost {
  readonly instanceId: string;
  readonly localBlockId?: string | undefined;
  readonly networkBlockId?: string | undefined;
  readonly hpcIslandId?: string | undefined;
  readonly gpuMemoryFabricId?: string | undefined;
  /** `additionalData.locationDetails.rack`. */
  readonly rack?: string | undefined;
}

/** What a host lacks, by the names that dashboards know from `topograph_oci_missing_host_data`. */
export type OciMissingData = "localBlock" | "networkBlock" | "hpcIsland";

/**
 * Where an instance of Oracle Cloud stands: local block, network block and HPC island are its tiers, the GPU memory fabric
 * is its accelerator domain, and the rack within that its sub-domain. `undefined`, and the first lack told, where a tier is
 * not known.
 * Source: https://docs.oracle.com/en-us/iaas/api/#/en/iaas/20160918/ComputeHost/
 */
export function ociTopology(host: OciHost, onMissing: (data: OciMissingData) => void): InstanceTopology | undefined {
  const { instanceId, localBlockId, networkBlockId, hpcIslandId, gpuMemoryFabricId, rack } = host;
  const lacks = (data: OciMissingData): undefined => {
    onMissing(data);
    return undefined;
  };
  if (localBlockId === undefined) return lacks("localBlock");
  if (networkBlockId === undefined) return lacks("networkBlock");
  if (hpcIslandId === undefined) return lacks("hpcIsland");
  const tiers = [localBlockId, networkBlockId, hpcIslandId];
  if (gpuMemoryFabricId === undefined || gpuMemoryFabricId === "") return { instanceId, tiers };
  const subDomain = rack === undefined || rack === "" ? undefined : `${gpuMemoryFabricId}.${rack}`;
  return { instanceId, tiers, domain: gpuMemoryFabricId, ...(subDomain !== undefined && { subDomain }) };
}
