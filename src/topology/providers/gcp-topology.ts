import type { InstanceTopology } from "../graph/topology-graph.ts";

/** `resourceStatus.physicalHostTopology` of an instance of Compute Engine. */
export interface GcpPlace {
  readonly cluster?: string | null | undefined;
  readonly block?: string | null | undefined;
  readonly subblock?: string | null | undefined;
}

/**
 * Where an instance of Compute Engine stands: sub-block, block and cluster are its tiers, the sub-block is its accelerator
 * domain too. `undefined` where one of the three is not known.
 * Source: https://cloud.google.com/compute/docs/instances/view-vm-topology
 */
export function gcpTopology(instanceId: string, { cluster, block, subblock }: GcpPlace): InstanceTopology | undefined {
  if (isUnknown(cluster) || isUnknown(block) || isUnknown(subblock)) return undefined;
  return { instanceId, tiers: [subblock, block, cluster], ...(subblock !== "" && { domain: subblock }) };
}

function isUnknown(value: string | null | undefined): value is null | undefined {
  return value === undefined || value === null;
}
