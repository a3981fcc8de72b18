import { expect, test } from "vitest";
import { blocksForNewSlurm, switchForOldSlurm, unreadableBlocks, unreadableSwitch } from "./unreadable-by-slurm.ts";

test("a switch has switches or nodes, not both", () => {
  const leaf = { id: "leaf", switches: [], nodes: ["n1"] };
  const core = { id: "core", switches: ["leaf"], nodes: [] };
  expect(unreadableSwitch([core, leaf])).toBeUndefined();
  expect(unreadableSwitch([core, leaf, { ...core, nodes: ["n2"] }])).toBe(
    'switch "core" has both switches and nodes, which Slurm\'s topology/tree does not read',
  );
});

// Each was given to slurmctld 22.05 and 24.11.
test.each(["a b", "a#1", "a,b", "a[1", "a[1-2]", '"a"', "a\\"])("no switch is called %s", (id) => {
  const leaf = { id, switches: [], nodes: ["n1"] };
  expect(unreadableSwitch([{ ...leaf, name: "switch.1.1" }])).toBeUndefined();
  expect(unreadableSwitch([leaf])).toBe(`Slurm does not read the name of switch ${JSON.stringify(id)} as it is`);
});

test.each(["a]", "a=b", "a:b", "a/b", 'a"b', "a\\b", "ü", "😀", "a'b", "a(b)", "-a", "a;b", "a*"])(
  "a switch may be called %s",
  (id) => {
    expect(unreadableSwitch([{ id, switches: [], nodes: ["n1"] }])).toBeUndefined();
  },
);

test("from 24.11 on the name of a switch has 64 bytes at most", () => {
  expect(switchForOldSlurm([{ id: "x".repeat(64) }, { id: "x".repeat(65), name: "switch.1.1" }])).toBeUndefined();
  expect(switchForOldSlurm([{ id: "ü".repeat(33) }])).toBe(
    `the name of switch "${"ü".repeat(33)}" is longer than 64 bytes; Slurm from 24.11 on does not start with it`,
  );
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

test("a block's name has no blank, comment or range in it", () => {
  const block = { id: "rack-1", domain: "any # name", nodes: [] };
  expect(unreadableBlocks({ blocks: [block], sizes: [1] })).toBeUndefined();
  for (const id of ["rack 1", "rack#1", "rack[1", "rack\\"]) {
    expect(unreadableBlocks({ blocks: [block, { ...block, id }], sizes: [1] })).toBe(
      `Slurm does not read the name of block ${JSON.stringify(id)} as it is`,
    );
  }
});

test("before 25.05 every block has the nodes of the smallest size", () => {
  const block = (id: string, ...nodes: readonly string[]) => ({ id, domain: "", nodes });
  expect(blocksForNewSlurm({ blocks: [block("a", "n1", "n2"), block("b", "n3", "n4", "n5")], sizes: [2, 4] })).toBe(
    undefined,
  );
  expect(blocksForNewSlurm({ blocks: [block("a", "n1", "n2"), block("b")], sizes: [2, 4] })).toBe(
    'block "b" has 0 of the 2 nodes that BlockSizes begins with; Slurm before 25.05 does not start with it',
  );
});
