import { expect, test } from "vitest";
import type { NodeList } from "../../client/client.ts";
import { nodesTable } from "./inventory-text.ts";

function listOf(gresUsed: string): readonly NodeList[] {
  const node = {
    name: "gpu-0",
    state: "idle",
    flags: [],
    acceptsJobs: true,
    features: [],
    partitions: ["a-partition-with-a-long-name", "another-partition"],
    cpus: { allocated: 0, total: 8 },
    memoryMb: { allocated: 0, total: 16_384 },
    gres: "gpu:fake:2",
    gresUsed,
  };
  return [{ cluster: "dev", nodes: [node], asOf: "2026-07-01T08:00:00.000Z", stale: false }];
}

test.for([
  ["gpu:fake:0(IDX:N/A)", "-"],
  ["gpu:fake:2(IDX:0,1)", "gpu:fake:2(IDX:0,1)"],
  ["gpu:a:0(IDX:N/A),gpu:b:1(IDX:0)", "gpu:b:1(IDX:0)"],
  ["gpu:b:1(IDX:0),craynetwork:0", "gpu:b:1(IDX:0)"],
] as const)("of %s in use a person is shown %s", ([used, shown]) => {
  expect(nodesTable(listOf(used), Infinity).split("\n")[1]?.split(/ {3,}/).at(-2)).toBe(shown);
});

test("on a terminal no line is longer than that is wide: what is needed least is left out first", () => {
  const lines = nodesTable(listOf("gpu:fake:2(IDX:0,1)"), 80).split("\n");
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines[0]?.split(/ {3,}/)).toEqual(["NODE", "STATE", "CPUS", "MEMORY", "GRES", "USED", "REASON"]);
});
