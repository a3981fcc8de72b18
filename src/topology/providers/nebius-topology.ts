import type { InstanceTopology } from "../graph/topology-graph.ts";

/** The tiers of an InfiniBand fabric at Nebius. */
export const nebiusTiers = 3;

/** An instance at Nebius, as far as it matters here. */
export interface NebiusInstance {
  readonly instanceId: string;
  /** Switches from the root to the leaf. */
  readonly path: readonly string[];
  readonly nvlInstanceGroupId?: string | undefined;
}

/**
 * Where an instance at Nebius stands: the path through InfiniBand gives its tiers, its NVLink instance group is its
 * accelerator domain. `undefined` for a path of another length than three.
 */
export function nebiusTopology({ instanceId, path, nvlInstanceGroupId }: NebiusInstance): InstanceTopology | undefined {
  if (path.length !== nebiusTiers) return undefined;
  return {
    instanceId,
    tiers: path.toReversed(),
    ...(nvlInstanceGroupId !== undefined && nvlInstanceGroupId !== "" && { domain: nvlInstanceGroupId }),
  };
}
