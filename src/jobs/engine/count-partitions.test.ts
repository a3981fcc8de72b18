import { expect, test } from "vitest";
import type { ClusterNode, ClusterPartition } from "../../schema/cluster-inventory.ts";
import { countPartitions } from "./count-partitions.ts";

const node = (name: string, allocated: number, acceptsJobs: boolean, partitions: readonly string[]): ClusterNode => ({
  name,
  state: "idle",
  flags: [],
  acceptsJobs,
  partitions,
  cpus: { total: 8, allocated },
  memoryMb: { total: 1, allocated: 0 },
  features: [],
});
const partition = (name: string): ClusterPartition => ({
  name,
  state: "up",
  isDefault: false,
  isHidden: false,
  totalNodes: 0,
  totalCpus: 0,
  minNodes: 0,
});

test("what takes no jobs is neither free nor taken, and what its jobs still have is taken", () => {
  const nodes = [
    node("free", 0, true, ["a"]),
    node("partly", 2, true, ["a", "b"]),
    node("full", 8, true, ["a"]),
    node("down", 0, false, ["a"]),
    node("draining", 3, false, ["a"]),
  ];
  expect(countPartitions({ nodes, partitions: [partition("a"), partition("b"), partition("empty")] })).toMatchObject([
    { name: "a", nodeCounts: { allocated: 3, idle: 1, other: 1 }, cpuCounts: { allocated: 13, idle: 14, other: 13 } },
    { name: "b", nodeCounts: { allocated: 1, idle: 0, other: 0 }, cpuCounts: { allocated: 2, idle: 6, other: 0 } },
    { nodeCounts: { allocated: 0, idle: 0, other: 0 }, cpuCounts: { allocated: 0, idle: 0, other: 0 } },
  ]);
});
