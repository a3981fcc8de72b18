import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { domainsOf, graphOf } from "../../../test/topology-graphs.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";
import type { PartitionTopology } from "./render-config.ts";
import { renderTopology, type RenderOptions } from "./render-topology.ts";

const entry: PartitionTopology = { plugin: "topology/tree", blockSizes: [], clusterDefault: false, nodes: [] };

function render(
  graph: TopologyGraph,
  topologies: Readonly<Record<string, Partial<PartitionTopology>>>,
  options: RenderOptions & { readonly compress?: boolean } = {},
) {
  const named = new Map(Object.entries(topologies).map(([name, given]) => [name, { ...entry, ...given }]));
  const compress = options.compress ?? true;
  return renderTopology(graph, { plugin: "", blockSizes: [], topologies: named, compress }, options);
}

// The graph of Topograph's tests of YAML.
const fabric = graphOf(
  {
    IB2: { S1: { S2: "Node[104-106]", S3: "Node[201-202] Node205" } },
    IB1: { S4: { S5: "Node[301-303]", S6: "Node[401-403]" } },
  },
  { B1: "Node[104-106]", B2: "Node[201-202] Node205", B3: "Node[301-303]", B4: "Node[401-403]" },
);

describe("topologies are written", () => {
  test("as the specification shows them, in the order of their names", async () => {
    const graph = graphOf(
      { core: { spB: { lf9: "zz" }, spA: { lf2: "x9 x10", lf1: "1101" } } },
      { D1: "1101 x10", D2: "zz" },
    );
    const { text } = await render(graph, {
      t3: { plugin: "topology/flat" },
      t2: { plugin: "topology/block", nodes: ["1101", "x10"], blockSizes: [2, 4] },
      t1: { nodes: ["x9", "zz"], clusterDefault: true },
    });
    expect(text).toBe(`- topology: t1
  cluster_default: true
  tree:
    switches:
        - switch: core
          children: spA,spB
        - switch: spA
          children: lf2
        - switch: spB
          children: lf9
        - switch: lf2
          nodes: x9
        - switch: lf9
          nodes: zz
- topology: t2
  cluster_default: false
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
`);
  });

  test("of trees and blocks side by side, each of its own nodes", async () => {
    const { text } = await render(fabric, {
      topo1: { nodes: ["Node[201,205]"] },
      topo2: { nodes: ["Node[104,105]", "Node[201,205-207]", "Node[401-403]"] },
      topo3: { plugin: "topology/block", nodes: ["Node[104-105,107-108]"] },
      topo4: { plugin: "topology/block", nodes: ["Node[301,302,303]"], blockSizes: [2] },
      topo5: { plugin: "topology/flat", clusterDefault: true },
    });
    expect(text).toBe(`- topology: topo1
  cluster_default: false
  tree:
    switches:
        - switch: IB2
          children: S1
        - switch: S1
          children: S3
        - switch: S3
          nodes: Node[201,205]
- topology: topo2
  cluster_default: false
  tree:
    switches:
        - switch: IB1
          children: S4
        - switch: IB2
          children: S1
        - switch: S4
          children: S6
        - switch: S1
          children: S[2-3]
        - switch: S6
          nodes: Node[401-403]
        - switch: S2
          nodes: Node[104-105]
        - switch: S3
          nodes: Node[201,205]
- topology: topo3
  cluster_default: false
  block:
    block_sizes:
        - 2
    blocks:
        - block: block1
          nodes: Node[104-105]
- topology: topo4
  cluster_default: false
  block:
    block_sizes:
        - 2
    blocks:
        - block: block1
          nodes: Node[301-302]
        - block: block2
          nodes: Node303
- topology: topo5
  cluster_default: true
  flat: true
`);
  });

  test("flat where none of their nodes is known", async () => {
    const { text, nodeSpecs } = await render(fabric, {
      a: { nodes: ["NodeIsDown"] },
      b: { plugin: "topology/block", nodes: ["NodeIsDown", "(null)"], blockSizes: [2] },
    });
    const nodeSpec = await nodeSpecs();
    expect(text).toBe(
      "- topology: a\n  cluster_default: false\n  flat: true\n- topology: b\n  cluster_default: false\n  flat: true\n",
    );
    expect(nodeSpec("NodeIsDown")).toBe("");
  });

  test("with blocks in the order of the cluster's, and of a domain only the own nodes", async () => {
    const graph = graphOf({ a: "n[1-2] n4", b: "m[1-2]" }, { Z: "n[1-4]", A: "m[1-2]" });
    const { text } = await render(graph, { t: { plugin: "topology/block", nodes: ["m[1-2]", "n[1-3]", "n1"] } });
    expect(parse(text)).toEqual([
      {
        topology: "t",
        cluster_default: false,
        block: {
          block_sizes: [2, 4],
          blocks: [
            { block: "block1", nodes: "n[1-2]" },
            { block: "block2", nodes: "m[1-2]" },
          ],
        },
      },
    ]);
  });

  test("with sizes from the sub-domains that their own nodes are in", async () => {
    const graph = graphOf(undefined, { d: { r1: "a[1-4]", r2: "b[1-4]", r3: "c[1-4]" } });
    const { text } = await render(graph, { t: { plugin: "topology/block", nodes: ["a[1-2]", "b[1-2]", "c1"] } });
    expect(parse(text)).toMatchObject([
      {
        block: {
          block_sizes: [2, 8],
          blocks: [
            { block: "block1", nodes: "a[1-2]" },
            { block: "block2", nodes: "b[1-2]" },
            { block: "block3", nodes: "c1" },
            { block: "block4" },
          ],
        },
      },
    ]);
  });

  test("without a switch where their nodes stand under none", async () => {
    const { text } = await render(graphOf({ "": "n[1-2]" }), { t: { nodes: ["n1"] } });
    expect(text).toBe("- topology: t\n  cluster_default: false\n  tree:\n    switches: []\n");
  });

  test("with raw ids of switches, also where these have names", async () => {
    const { root } = graphOf({ "id-1": "n1" });
    const leaf = root?.children.get("id-1");
    if (root === undefined || leaf === undefined) throw new Error("there is no leaf");
    const named = { root: { ...root, children: new Map([["id-1", { ...leaf, name: "switch.1.1" }]]) } };
    const { text, nodeSpecs } = await render(named, { t: { nodes: ["n1"] } });
    const nodeSpec = await nodeSpecs();
    expect(text).toContain("- switch: id-1\n");
    expect(nodeSpec("n1")).toBe("t:id-1");
  });

  test("with text in quotes where YAML would read it as something else", async () => {
    const graph = { ...graphOf({ "a #b: c": "[1101-1102]", yes: "n x7" }), domains: domainsOf({ d: "1101" }) };
    const { text } = await render(graph, {
      "10": { nodes: ["1101", "1102", "n", "x7"] },
      "t: x": { plugin: "topology/block", nodes: ["1101"] },
    });
    expect(text).toBe(`- topology: "10"
  cluster_default: false
  tree:
    switches:
        - switch: 'a #b: c'
          nodes: '[1101-1102]'
        - switch: "yes"
          nodes: n,x7
- topology: 't: x'
  cluster_default: false
  block:
    block_sizes:
        - 1
    blocks:
        - block: block1
          nodes: "1101"
`);
  });

  test("with every name by itself where that is asked for", async () => {
    const { text } = await render(fabric, { t: { nodes: ["Node[104-105]", "Node201"] } }, { compress: false });
    expect(text).toContain("children: S2,S3\n");
    expect(text).toContain("nodes: Node104,Node105\n");
  });
});

describe("a skeleton of topologies", () => {
  const topologies = {
    a: { nodes: ["Node[201,205]"] },
    b: { plugin: "topology/block", nodes: ["Node[104-105]"] },
    c: { plugin: "topology/flat", clusterDefault: true },
  };
  const rest = `- topology: b
  cluster_default: false
  block:
    block_sizes:
        - 2
    blocks:
        - block: block1
- topology: c
  cluster_default: true
  flat: true
`;

  test("has all but the nodes", async () => {
    const { text } = await render(fabric, topologies, { skeleton: true });
    expect(text).toBe(`- topology: a
  cluster_default: false
  tree:
    switches:
        - switch: IB2
          children: S1
        - switch: S1
          children: S3
        - switch: S3
${rest}`);
  });

  test("has of trees the first switches alone in its newer form", async () => {
    const { text } = await render(fabric, topologies, { skeleton: "roots" });
    expect(text).toBe(`- topology: a
  cluster_default: false
  tree:
    switches:
        - switch: IB2
${rest}`);
  });
});

test("a node's places are those in the topologies that have it, in the order of their names", async () => {
  const nodeSpec = await (
    await render(fabric, {
      t2: { plugin: "topology/block", nodes: ["Node[104-106]", "Node201"] },
      t1: { nodes: ["Node[104-105]"] },
      t0: { plugin: "topology/flat" },
    })
  ).nodeSpecs();
  expect(nodeSpec("Node104")).toBe("t1:IB2:S1:S2,t2:block1");
  expect(nodeSpec("Node106")).toBe("t2:block1");
  expect(nodeSpec("Node201")).toBe("t2:block2");
  expect(nodeSpec("Node401")).toBe("");
});
