import type { ClusterInventory, ClusterNode } from "../../schema/cluster-inventory.ts";
import type { NodeCounts, PartitionView } from "../../schema/api-inventory.ts";

/** Partitions with what is free in each, counted as `sinfo --summarize` counts: what takes no jobs is neither free nor taken. */
export function countPartitions({ nodes, partitions }: ClusterInventory): readonly PartitionView[] {
  return partitions.map((partition) => {
    const own = nodes.filter((node) => node.partitions.includes(partition.name));
    return {
      ...partition,
      nodeCounts: sum(own.map((node) => countsOf(node, 1, node.cpus.allocated > 0 ? 1 : 0))),
      cpuCounts: sum(own.map((node) => countsOf(node, node.cpus.total, node.cpus.allocated))),
    };
  });
}

function countsOf({ acceptsJobs }: ClusterNode, total: number, allocated: number): NodeCounts {
  const free = total - allocated;
  return { allocated, idle: acceptsJobs ? free : 0, other: acceptsJobs ? 0 : free };
}

function sum(counts: readonly NodeCounts[]): NodeCounts {
  return counts.reduce(
    (a, b) => ({ allocated: a.allocated + b.allocated, idle: a.idle + b.idle, other: a.other + b.other }),
    { allocated: 0, idle: 0, other: 0 },
  );
}
