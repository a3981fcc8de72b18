import { expect, test } from "vitest";
import { unreadableSizes, unreadableSwitch } from "./unreadable-by-slurm.ts";

test("a switch has switches or nodes, not both", () => {
  const leaf = { id: "leaf", switches: [], nodes: ["n1"] };
  const core = { id: "core", switches: ["leaf"], nodes: [] };
  expect(unreadableSwitch([core, leaf])).toBeUndefined();
  expect(unreadableSwitch([core, leaf, { ...core, nodes: ["n2"] }])).toBe(
    'switch "core" has both switches and nodes, which Slurm\'s topology/tree does not read',
  );
});

test("sizes of blocks have sixteen levels at most", () => {
  expect(unreadableSizes([])).toBeUndefined();
  expect(unreadableSizes([1, 2, 32_768])).toBeUndefined();
  expect(unreadableSizes([2, 65_536])).toBeUndefined();
  expect(unreadableSizes([1, 65_536])).toBe(
    "blockSizes 1,65536 span more than the 16 levels that Slurm's topology/block reads",
  );
});
