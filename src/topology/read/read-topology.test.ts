import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fabricGraph, type PlacedNode } from "../../../test/fabric-graph.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";
import { renderTree } from "../render/tree.ts";
import { graphOfWritten } from "./written-graph.ts";
import { readTopologyConf } from "./read-topology-conf.ts";
import { isTopologyYaml, readTopologyFile } from "./read-topology-file.ts";

const yaml = `- topology: t1
  cluster_default: true
  tree:
    switches:
        - switch: core
          children: spA,spB
        - switch: spA
          nodes: x[1-2]
        - switch: spB
          nodes: "1101"
- topology: t2
  cluster_default: False
  block:
    block_sizes:
        - 2
        - 4
    blocks:
        - block: block1
          nodes: 1101,x10
        - block: block2
- topology: t3
  cluster_default: false
  flat: true
`;

describe("readTopologyConf", () => {
  test("reads switches, their ids in comments above them, keys in any case and continued lines", () => {
    const { topologies, problems } = readTopologyConf(
      "# switch.2.1=s\nSwitchName=switch.2.1 switches=switch.1.1\n\n# switch.1.1=l1\nSWITCHNAME=switch.1.1 \\\n Nodes=a[1-2] LinkSpeed=100\n",
    );
    expect(problems).toEqual([]);
    expect(topologies).toEqual([
      {
        plugin: "topology/tree",
        clusterDefault: true,
        line: 1,
        blocks: [],
        blockSizes: [],
        switches: [
          { name: "switch.2.1", label: "s", line: 2, switches: ["switch.1.1"], nodes: [] },
          { name: "switch.1.1", label: "l1", line: 5, switches: [], nodes: ["a1", "a2"] },
        ],
      },
    ]);
  });

  test("reads what scontrol show topology prints, where a switch lists all nodes below it", () => {
    const { topologies, problems } = readTopologyConf(
      "SwitchName=s1 Level=0 LinkSpeed=1 Nodes=n[0-1]\nSwitchName=top Level=1 LinkSpeed=1 Nodes=n[0-1] Switches=s1\n",
    );
    expect(problems).toEqual([]);
    expect(topologies[0]?.switches).toEqual([
      { name: "s1", line: 1, switches: [], nodes: ["n0", "n1"] },
      { name: "top", line: 2, switches: ["s1"], nodes: [] },
    ]);
  });

  test("reads blocks, their domains in comments, empty ones, and their sizes", () => {
    const { topologies } = readTopologyConf(
      "# block001=A-two\nBlockName=block001 Nodes=m[1-5]\nBlockName=block002\nBlockSizes=9,18\n",
    );
    expect(topologies[0]).toMatchObject({
      plugin: "topology/block",
      blockSizes: [9, 18],
      blocks: [
        { name: "block001", label: "A-two", line: 2, nodes: ["m1", "m2", "m3", "m4", "m5"] },
        { name: "block002", line: 3, nodes: [] },
      ],
    });
  });

  test.each([
    ["SwitchName=a Nodez=b", 1, "Slurm knows no Nodez here"],
    ["\nhello", 2, '"hello" is no Key=value'],
    ["SwitchName=a Nodes=b[1-", 1, /a bracket is not closed/],
    ["SwitchName=a Nodes=b[1-70000]", 1, /a range of 70000 hosts; Slurm takes at most 65536/],
    ["Nodes=a", 1, "the line names neither a switch nor a block"],
    ["SwitchName=a Nodes=b\nBlockName=c Nodes=d", 2, /switches and blocks stand in one file/],
    ["BlockName=c Nodes=d\nBlockSizes=1,x", 2, 'BlockSizes takes whole numbers, not "x"'],
  ])("says where %j is wrong", (text, line, problem) => {
    const found = readTopologyConf(text).problems;
    expect(found.map((one) => `${one.line}: ${one.problem}`)).toEqual([expect.stringMatching(`^${line}: `)]);
    expect(found[0]?.problem).toMatch(problem);
  });
});

describe("readTopologyFile", () => {
  test("knows a topology.yaml by its look, and reads trees, blocks and flat ones", async () => {
    expect([
      isTopologyYaml(yaml),
      isTopologyYaml("# a\n- topology: x"),
      isTopologyYaml("SwitchName=a Nodes=-"),
    ]).toEqual([true, true, false]);
    const { topologies, problems } = await readTopologyFile(yaml);
    expect(problems).toEqual([]);
    expect(topologies).toMatchObject([
      {
        name: "t1",
        line: 1,
        clusterDefault: true,
        plugin: "topology/tree",
        switches: [
          { name: "core", line: 5, switches: ["spA", "spB"], nodes: [] },
          { name: "spA", line: 7, switches: [], nodes: ["x1", "x2"] },
          { name: "spB", line: 9, switches: [], nodes: ["1101"] },
        ],
      },
      {
        name: "t2",
        clusterDefault: false,
        plugin: "topology/block",
        blockSizes: [2, 4],
        blocks: [
          { name: "block1", nodes: ["1101", "x10"] },
          { name: "block2", nodes: [] },
        ],
      },
      { name: "t3", plugin: "topology/flat" },
    ]);
  });

  test("reads the header that Topograph writes before a topology.yaml", async () => {
    const header = `\n${"#".repeat(63)}\n# Slurm's network topology configuration file for use with the\n#  plugin\n${"#".repeat(63)}\n`;
    expect((await readTopologyFile(header + yaml)).topologies.length).toBe(3);
  });

  test.each([
    ["- topology: a\n  tree: [", /Flow sequence|closed|]/],
    ["- 1\n", /an entry of the file must be a mapping/],
    ["- tree: {}\n", /a topology has no name/],
    ["- topology: a\n", /must be one of tree, block and flat/],
    ["- topology: a\n  flat: true\n  tree: {}\n", /must be one of tree, block and flat/],
    ["- topology: a\n  tree: 1\n", /tree of topology a must be a mapping/],
    ["- topology: a\n  tree:\n    switches: x\n", /switches must be a list/],
    ["- topology: a\n  tree:\n    switches:\n    - switch: s\n      leaves: x\n", /"leaves" is not known here/],
    ["- topology: a\n  block:\n    block_sizes: [x]\n    blocks: []\n", /block_sizes takes whole numbers/],
    ["- topology: &x [*x]\n", /topology must be text/],
  ])("says what is wrong with %j", async (text, problem) => {
    const { problems } = await readTopologyFile(text);
    expect(problems.map((found) => found.problem)).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
  });
});

describe("graphOfWritten", () => {
  const read = (text: string): TopologyGraph => {
    const [topology] = readTopologyConf(text).topologies;
    if (topology === undefined) throw new Error("there is no topology in it");
    return graphOfWritten(topology);
  };

  test("any tree that is written is read back as it was", () => {
    const digits = fc.integer({ min: 0, max: 40 });
    const node = fc.tuple(fc.constantFrom("n", "gpu-", "a1b"), digits).map(([prefix, n]) => `${prefix}${n}`);
    const leaf = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(node, leaf), { selector: ([name]) => name, minLength: 1 }), (nodes) => {
        const placed: readonly PlacedNode[] = nodes.map(([name, [i, j]]) => ({
          name,
          tiers: [`leaf${i}x${j}`, `spine${i}`, "core"],
        }));
        const graph = fabricGraph(placed);
        const text = renderTree(layoutTree(graph));
        expect(shape(read(text))).toEqual(shape(graph));
        expect(renderTree(layoutTree(read(text)))).toBe(text);
      }),
    );
  });

  test("blocks of one domain are one domain, and empty ones none", () => {
    const { domains } = read(
      "# b1=D\nBlockName=b1 Nodes=a\n# b2=D\nBlockName=b2 Nodes=b\nBlockName=b3 Nodes=c\nBlockName=b4\n",
    );
    expect([...(domains ?? [])].map(([domain, hosts]) => [domain, [...hosts.keys()]])).toEqual([
      ["D", ["a", "b"]],
      ["b3", ["c"]],
    ]);
  });

  test.each([
    ["SwitchName=a Nodes=x\nSwitchName=a Nodes=y", "line 2: switch a is defined a second time"],
    ["SwitchName=a Switches=b", "line 1: switch a has a child b that no line defines"],
    ["SwitchName=a\n", "line 1: switch a has neither switches nor nodes"],
    ["SwitchName=a Switches=b\nSwitchName=b Switches=a", "line 1: the way up from switch a leads back to it"],
    [
      "SwitchName=a Switches=c\nSwitchName=b Switches=c\nSwitchName=c Nodes=x",
      "line 2: switch c is a child of b and of a",
    ],
  ])("refuses %j", (text, problem) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(problem) }),
    );
  });
});

/** Every node with the switches above it. */
function shape(graph: TopologyGraph): readonly string[] {
  return layoutTree(graph)
    .nodes.map(({ name, parent }) => {
      const way = [name];
      for (let at = parent; at !== undefined; at = at.parent) way.push(at.id);
      return way.join(" < ");
    })
    .toSorted();
}
