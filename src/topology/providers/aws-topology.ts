import type { InstanceTopology } from "../graph/topology-graph.ts";

/** What `DescribeInstanceTopology` says of one instance, as far as it matters here. */
export interface AwsInstance {
  readonly InstanceId: string;
  /** Ids of network nodes, from the root to the one closest to the instance. */
  readonly NetworkNodes?: readonly string[] | undefined;
  readonly CapacityBlockId?: string | undefined;
}

/**
 * Where an instance of EC2 stands: its network nodes are the tiers, its capacity block is its accelerator domain.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceTopology.html
 */
export function awsTopology({ InstanceId, NetworkNodes, CapacityBlockId }: AwsInstance): InstanceTopology {
  return {
    instanceId: InstanceId,
    tiers: (NetworkNodes ?? []).toReversed(),
    ...(CapacityBlockId !== undefined && CapacityBlockId !== "" && { domain: CapacityBlockId }),
  };
}
