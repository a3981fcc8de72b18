import { expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { parsePartitionNodes } from "./partition-nodes.ts";

test.each([
  ["PartitionName=p\n   AllocNodes=ALL Default=NO\n   Nodes=n[1-3,5],x9\n   State=UP", ["n[1-3,5]", "x9"]],
  ["PartitionName=p AllocNodes=ALL\tNodes=a,b[1,2] Nodes=later", ["a", "b[1,2]"]],
  ["\tNodes=NONE", []],
  [" Nodes=(null) ", ["(null)"]],
  [" Nodes=a,,b", ["a", "b"]],
])("the nodes of %j are %j", (text, nodes) => {
  expect(parsePartitionNodes("p", text)).toEqual(nodes);
});

test.each(["", "Nodes=n1 State=UP", " Nodes= State=UP", " MaxNodes=1\n NodeSets=x"])("%j names none", (text) => {
  expect(() => parsePartitionNodes("P", text)).toThrow(new TopologyError(500, 'partition "P" has no nodes'));
});
