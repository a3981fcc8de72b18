import type { Runner } from "../../jobs/runner.ts";
import type { ClusterInventory, ClusterNode, ClusterPartition } from "../../schema/cluster-inventory.ts";
import { acceptsJobs } from "../../slurm/commands/node-state.ts";
import { showNode, type ShownNode } from "../../slurm/commands/scontrol-show-node.ts";
import { showPartition, type ShownPartition } from "../../slurm/commands/scontrol-show-partition.ts";

/**
 * All nodes and partitions: one request to slurmctld for each of the two. scontrol, not sinfo, since it alone shows
 * nodes of no partition, and each node once.
 */
export async function readInventory(runner: Runner, signal: AbortSignal): Promise<ClusterInventory> {
  const [nodes, partitions] = await Promise.all([
    runner.run(showNode(), { signal }),
    runner.run(showPartition(), { signal }),
  ]);
  return { nodes: nodes.map(toClusterNode), partitions: partitions.map(toPartition) };
}

export function toClusterNode({
  name,
  state,
  reason,
  partitions,
  cpus,
  memoryMb,
  gres,
  gresUsed,
  features,
}: ShownNode): ClusterNode {
  return {
    name,
    state: state.base,
    flags: [...state.flags],
    acceptsJobs: acceptsJobs(state),
    partitions: [...partitions],
    cpus,
    memoryMb,
    features: [...features],
    ...(reason !== undefined && { reason }),
    ...(gres !== undefined && { gres }),
    ...(gresUsed !== undefined && gres !== undefined && { gresUsed }),
  };
}

function toPartition(shown: ShownPartition): ClusterPartition {
  const { name, state, isDefault, isHidden, nodes, totalNodes, totalCpus, minNodes } = shown;
  const { maxNodes, maxTime, defaultTime } = shown;
  return {
    name,
    state: state.toLowerCase(),
    isDefault,
    isHidden,
    totalNodes,
    totalCpus,
    minNodes,
    ...(nodes !== undefined && { nodes }),
    ...(typeof maxNodes === "number" && { maxNodes }),
    ...(typeof maxTime === "number" && { maxTimeSeconds: maxTime }),
    ...(typeof defaultTime === "number" && { defaultTimeSeconds: defaultTime }),
  };
}
