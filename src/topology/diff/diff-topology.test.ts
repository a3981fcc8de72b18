import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fabricGraph, type PlacedNode } from "../../../test/fabric-graph.ts";
import { diffTopology, isUnchanged, type ComparedTopology } from "./diff-topology.ts";
import { slurmStep } from "./slurm-steps.ts";

const tree = (nodes: readonly PlacedNode[], more: Partial<ComparedTopology> = {}): ComparedTopology => ({
  plugin: "topology/tree",
  blockSizes: [],
  graph: fabricGraph(nodes),
  ...more,
});

const old = [
  { name: "n1", tiers: ["leaf1", "core"], domain: "D1" },
  { name: "n2", tiers: ["leaf1", "core"], domain: "D1" },
  { name: "n3", tiers: ["leaf2", "core"], domain: "D2" },
];

test("the same network, in any order of its nodes, needs nothing", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(old, { minLength: 3 }), (shuffled) => {
      const diff = diffTopology(tree(old), tree(shuffled));
      expect(isUnchanged(diff)).toBe(true);
      expect(slurmStep(diff).need).toBe("nothing");
    }),
  );
});

test("a node that moves, one that goes, one that comes, and the switches that come and go with them", () => {
  const fresh = [
    { name: "n1", tiers: ["leaf3", "spine", "core"], domain: "D2" },
    { name: "n3", tiers: ["leaf2", "spine", "core"], domain: "D2" },
    { name: "n4", tiers: ["leaf2", "spine", "core"] },
  ];
  const diff = diffTopology(tree(old), tree(fresh));
  expect(diff).toEqual({
    nodes: [
      { name: "n1", from: "leaf1", to: "leaf3" },
      { name: "n2", from: "leaf1" },
      { name: "n4", to: "leaf2" },
    ],
    switches: [{ name: "leaf2", from: "core", to: "spine" }],
    addedSwitches: ["spine", "leaf3"],
    removedSwitches: ["leaf1"],
    addedNodes: ["n4"],
    domains: [
      { name: "n1", from: "D1", to: "D2" },
      { name: "n2", from: "D1" },
    ],
  });
  expect(slurmStep(diff)).toMatchObject({ need: "reconfigure", why: expect.stringContaining("must be in slurm.conf") });
});

test("another plugin needs a restart, other block sizes a reconfigure", () => {
  const plugin = diffTopology(tree(old), tree(old, { plugin: "topology/block" }));
  expect(plugin.plugin).toEqual({ from: "topology/tree", to: "topology/block" });
  expect(slurmStep(plugin).need).toBe("restart");
  const sizes = diffTopology(tree(old, { blockSizes: [1] }), tree(old, { blockSizes: [1, 2] }));
  expect(sizes.blockSizes).toEqual({ from: [1], to: [1, 2] });
  expect(slurmStep(sizes).need).toBe("reconfigure");
});

test("a file for one plugin is not held against a network for what it cannot say", () => {
  const domains = fabricGraph(old).domains ?? new Map();
  const blocks: ComparedTopology = { plugin: "topology/block", blockSizes: [1], graph: { domains } };
  const bare = old.map(({ name, tiers }) => ({ name, tiers }));
  const network: ComparedTopology = { blockSizes: [], graph: fabricGraph(old) };
  for (const written of [blocks, tree(bare)]) {
    expect(isUnchanged(diffTopology(written, network))).toBe(true);
    expect(isUnchanged(diffTopology(network, written))).toBe(true);
  }
  expect(diffTopology(blocks, tree(bare))).toEqual({
    nodes: [],
    switches: [],
    addedSwitches: [],
    removedSwitches: [],
    addedNodes: [],
    domains: [],
    plugin: { from: "topology/block", to: "topology/tree" },
    blockSizes: { from: [1], to: [] },
  });
});

test("a topology without switches, or without domains, is one that lost them", () => {
  const nothing: ComparedTopology = { plugin: "topology/tree", blockSizes: [], graph: {} };
  expect(diffTopology(tree(old), nothing)).toMatchObject({
    removedSwitches: ["core", "leaf1", "leaf2"],
    addedNodes: [],
  });
  expect(diffTopology(nothing, tree(old))).toMatchObject({ nodes: [{}, {}, {}], addedNodes: ["n1", "n2", "n3"] });
  const domains = fabricGraph(old).domains ?? new Map();
  const blocks: ComparedTopology = { plugin: "topology/block", blockSizes: [], graph: { domains } };
  expect(diffTopology(blocks, { ...blocks, graph: {} }).domains).toHaveLength(3);
});
