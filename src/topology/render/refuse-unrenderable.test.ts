import { describe, expect, test } from "vitest";
import { graphOf } from "../../../test/topology-graphs.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";
import { TopologyError } from "../topology-error.ts";
import type { RenderConfig } from "./render-config.ts";
import { renderTopology } from "./render-topology.ts";

function render(graph: TopologyGraph | undefined, config: Partial<RenderConfig>) {
  return renderTopology(graph, { plugin: "", blockSizes: [], topologies: new Map(), compress: true, ...config });
}

describe("nothing can be written", () => {
  const topology = { plugin: "topology/block", blockSizes: [], clusterDefault: false, nodes: ["n1"] };
  const named = (entry: object) => ({ topologies: new Map([["t", { ...topology, ...entry }]]) });
  const blockName = { nodeNameRegexp: "n", format: "n" };
  const withTree = graphOf({ s: "n1" });
  const withBlocks = graphOf(undefined, { d: "n1" });

  test.each<{ why: string; graph: TopologyGraph | undefined; config: Partial<RenderConfig>; text: string }>([
    { why: "a plugin", graph: withTree, config: {}, text: 'unsupported topology plugin ""' },
    {
      why: "a plugin that there is",
      graph: withTree,
      config: { plugin: "topology/flat" },
      text: 'unsupported topology plugin "topology/flat"',
    },
    { why: "a tree", graph: withBlocks, config: { plugin: "topology/tree" }, text: "missing tree topology" },
    { why: "a graph", graph: undefined, config: { plugin: "topology/tree" }, text: "missing tree topology" },
    { why: "blocks", graph: withTree, config: { plugin: "topology/block" }, text: "missing block topology" },
    {
      why: "a domain",
      graph: graphOf({ s: "n1" }, {}),
      config: { plugin: "topology/block" },
      text: "block topology contains no accelerator domains",
    },
    {
      why: "blocks to name",
      graph: withTree,
      config: { plugin: "topology/tree", blockName },
      text: 'blockName is only supported with plugin "topology/block"',
    },
    {
      why: "a choice of plugin or topologies",
      graph: withTree,
      config: { plugin: "topology/tree", ...named({}) },
      text: "plugin and topologies parameters are mutually exclusive",
    },
    {
      why: "a plugin of a topology",
      graph: withTree,
      config: named({ plugin: "" }),
      text: 'unsupported topology plugin "" for topology "t"',
    },
    {
      why: "the tree of a topology",
      graph: withBlocks,
      config: named({ plugin: "topology/tree" }),
      text: 'missing tree topology for topology "t"',
    },
    {
      why: "the blocks of a topology",
      graph: withTree,
      config: named({}),
      text: 'missing block topology for topology "t"',
    },
    {
      why: "a domain of a topology",
      graph: graphOf(undefined, {}),
      config: named({}),
      text: 'block topology for topology "t" contains no accelerator domains',
    },
    {
      why: "the nodes of a topology",
      graph: withBlocks,
      config: named({ nodes: [] }),
      text: 'topology "t" specifies no nodes',
    },
    {
      why: "blocks of a topology to name",
      graph: withTree,
      config: named({ plugin: "topology/tree", blockName }),
      text: 'topology "t": blockName is only supported with plugin "topology/block"',
    },
    {
      why: "names of blocks that differ",
      graph: graphOf(undefined, { d: "n1", e: "n2" }),
      config: named({ nodes: ["n[1-2]"], blockName }),
      text: 'topology "t": blocks "block1" and "block2" produce duplicate block name "n"',
    },
    {
      why: "an end of the nodes",
      graph: withBlocks,
      config: named({ nodes: ["n[0-2000000000]"] }),
      text: 'topology "t": nodes expansion failed for topology "t": expanded node list exceeds 500000 entries',
    },
    {
      why: "an end of the nodes of a tree",
      graph: withTree,
      config: named({ plugin: "topology/tree", nodes: ["n[1-500001]"] }),
      text: 'topology "t": nodes expansion failed for topology "t": expanded node list exceeds 500000 entries',
    },
    {
      why: "an end of blocks",
      graph: graphOf(undefined, {
        a: "a[1-65000]",
        ...Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`b${i}`, `b${i}`])),
      }),
      config: named({ nodes: ["a[1-65000]", "b[0-15]"], blockSizes: [1, 2] }),
      text: 'topology "t": blockSizes 1,2 would need 1114112 blocks for 65016 nodes; at most 1000000 can be written',
    },
  ])("without $why: $text", async ({ graph, config, text }) => {
    await expect(render(graph, config)).rejects.toEqual(new TopologyError(400, text));
  });

  test.each<{ of: string; graph: TopologyGraph; plugin: string }>([
    { of: "a switch", graph: graphOf({ "a\nb": "n1" }), plugin: "topology/tree" },
    { of: "a node", graph: graphOf({ s: "a\nb" }), plugin: "topology/tree" },
    { of: "a domain", graph: graphOf(undefined, { "a\nb": "n1" }), plugin: "topology/block" },
    { of: "a sub-domain", graph: graphOf(undefined, { d: { "a\nb": "n1" } }), plugin: "topology/block" },
    { of: "a node of a domain", graph: graphOf(undefined, { d: "a\nb" }), plugin: "topology/block" },
  ])("with a line break in the name of $of", async ({ graph, plugin }) => {
    await expect(render(graph, { plugin })).rejects.toEqual(
      new TopologyError(400, 'name "a\\nb" has a line break, which Slurm would read as a line of its own'),
    );
  });

  test("of a tree that is none", async () => {
    const twice = graphOf({ a: { x: "n1" }, b: { x: "n2" } });
    await expect(render(twice, { plugin: "topology/tree" })).rejects.toEqual(
      new TopologyError(400, 'vertex "x" is reachable more than once; topology must be a tree'),
    );
  });
});
