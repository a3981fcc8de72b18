import { expect, test } from "vitest";
import { unreadableBlocks, unreadableSwitch } from "./unreadable-by-slurm.ts";

test("a switch has switches or nodes, not both", () => {
  const leaf = { id: "leaf", switches: [], nodes: ["n1"] };
  const core = { id: "core", switches: ["leaf"], nodes: [] };
  expect(unreadableSwitch([core, leaf])).toBeUndefined();
  expect(unreadableSwitch([core, leaf, { ...core, nodes: ["n2"] }])).toBe(
    'switch "core" has both switches and nodes, which Slurm\'s topology/tree does not read',
  );
});

test("a switch's name has no blank and no comment in it", () => {
  const leaf = { id: "a b", switches: [], nodes: ["n1"] };
  expect(unreadableSwitch([{ ...leaf, name: "switch.1.1" }])).toBeUndefined();
  expect(unreadableSwitch([leaf])).toBe('Slurm does not read the name of switch "a b" to its end');
  expect(unreadableSwitch([{ ...leaf, name: "x#1" }])).toBe('Slurm does not read the name of switch "x#1" to its end');
});

test("sizes of blocks have sixteen levels at most", () => {
  const unreadable = (...sizes: readonly number[]) => unreadableBlocks({ blocks: [], sizes });
  expect(unreadable()).toBeUndefined();
  expect(unreadable(1, 2, 32_768)).toBeUndefined();
  expect(unreadable(2, 65_536)).toBeUndefined();
  expect(unreadable(1, 65_536)).toBe(
    "blockSizes 1,65536 span more than the 16 levels that Slurm's topology/block reads",
  );
});

test("a block's name has no blank and no comment in it", () => {
  const block = { id: "rack-1", domain: "any # name", nodes: [] };
  expect(unreadableBlocks({ blocks: [block], sizes: [1] })).toBeUndefined();
  expect(unreadableBlocks({ blocks: [block, { ...block, id: "rack 1" }], sizes: [1] })).toBe(
    'Slurm does not read the name of block "rack 1" to its end',
  );
});
