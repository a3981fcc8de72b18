import { z } from "zod";
import { ClusterNode, ClusterPartition } from "./cluster-inventory.ts";

const snapshot = {
  cluster: z.string(),
  asOf: z.string().describe("When the cluster said so (ISO 8601)"),
  stale: z.boolean().describe("Whether the cluster was asked since and has not answered"),
  message: z.string().optional().describe("Why it has not answered"),
};

export const NodeList = z.object({ ...snapshot, nodes: z.array(ClusterNode).readonly() });
export type NodeList = z.infer<typeof NodeList>;

/** So many have jobs, are free, or take no jobs. */
const NodeCounts = z.object({ allocated: z.int(), idle: z.int(), other: z.int() });
export type NodeCounts = z.infer<typeof NodeCounts>;

/** A partition with what is free in it. */
export const PartitionView = ClusterPartition.extend({
  nodeCounts: NodeCounts.describe("Nodes with jobs, free ones, and those that take no jobs"),
  cpuCounts: NodeCounts.describe("CPUs that jobs have, free ones, and those of nodes that take no jobs"),
});
export type PartitionView = z.infer<typeof PartitionView>;

export const PartitionList = z.object({ ...snapshot, partitions: z.array(PartitionView).readonly() });
export type PartitionList = z.infer<typeof PartitionList>;
