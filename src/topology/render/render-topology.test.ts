import { describe, expect, test } from "vitest";
import { graphOf } from "../../../test/topology-graphs.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";
import { TopologyError } from "../topology-error.ts";
import type { RenderConfig } from "./render-config.ts";
import { renderTopology, type RenderOptions } from "./render-topology.ts";

const whole = { plugin: "", blockSizes: [], topologies: new Map(), compress: true };

function render(graph: TopologyGraph | undefined, config: Partial<RenderConfig>, options: RenderOptions = {}) {
  return renderTopology(graph, { ...whole, ...config }, options);
}

async function textOf(graph: TopologyGraph | undefined, config: Partial<RenderConfig>, options: RenderOptions = {}) {
  return (await render(graph, config, options)).text;
}

const tree = {
  core: { L1: { L2: "Node[104-106]", L3: "Node[201-202] Node205" }, R1: { R2: "Node[304-306]", R3: "Node[401-403]" } },
};
const domains = { B1: "Node[104-106]", B2: "Node[201-202] Node205", B3: "Node[304-306]", B4: "Node[401-403]" };

describe("a tree", () => {
  test("is written as topology.conf", async () => {
    expect(await textOf(graphOf(tree), { plugin: "topology/tree" })).toBe(
      [
        "SwitchName=core Switches=L1,R1",
        "SwitchName=L1 Switches=L[2-3]",
        "SwitchName=R1 Switches=R[2-3]",
        "SwitchName=L2 Nodes=Node[104-106]",
        "SwitchName=L3 Nodes=Node[201-202,205]",
        "SwitchName=R2 Nodes=Node[304-306]",
        "SwitchName=R3 Nodes=Node[401-403]",
        "",
      ].join("\n"),
    );
  });

  test("tells the switches above a node from the root down, by their ids", async () => {
    const nodeSpec = await (await render(graphOf({ ...tree, "": "alone" }), { plugin: "topology/tree" })).nodeSpecs();
    expect(nodeSpec("Node304")).toBe("default:core:R1:R2");
    expect(nodeSpec("alone")).toBe("default:");
    expect(nodeSpec("nobody")).toBe("");
  });

  test("names every node by itself where that is asked for", async () => {
    const graph = graphOf({ "partition-1": { "pod-a": "node-[1-2]", "pod-b": "node-[3-10]" } });
    expect(await textOf(graph, { plugin: "topology/tree", compress: false })).toBe(
      [
        "SwitchName=partition-1 Switches=pod-a,pod-b",
        "SwitchName=pod-a Nodes=node-1,node-2",
        "SwitchName=pod-b Nodes=node-3,node-4,node-5,node-6,node-7,node-8,node-9,node-10",
        "",
      ].join("\n"),
    );
  });
});

describe("blocks without sizes", () => {
  test("are numbered by domain and stand where the tree has their first node", async () => {
    const graph = graphOf(
      { a1: "n[1-18]", b1: "m[1-5]", c1: "k[1-9]" },
      { "A-two": "m[1-5]", "B-one": "n[1-18]", "C-three": "k[1-9]" },
    );
    expect(await textOf(graph, { plugin: "topology/block" })).toBe(
      [
        "# block002=B-one",
        "BlockName=block002 Nodes=n[1-18]",
        "# block001=A-two",
        "BlockName=block001 Nodes=m[1-5]",
        "# block003=C-three",
        "BlockName=block003 Nodes=k[1-9]",
        "BlockSizes=5,10",
        "",
      ].join("\n"),
    );
  });

  test("stand in the order of domains where there is no tree", async () => {
    const graph = graphOf(undefined, { "😀": "c1", "\uFF5E": "b1", Z: "a1" });
    expect(await textOf(graph, { plugin: "topology/block" })).toBe(
      "# block001=Z\nBlockName=block001 Nodes=a1\n# block002=\uFF5E\nBlockName=block002 Nodes=b1\n# block003=😀\nBlockName=block003 Nodes=c1\nBlockSizes=1,2\n",
    );
  });

  test("are left out where the tree has none of their nodes, and keep nodes that it lacks", async () => {
    const graph = graphOf({ leaf: "n1" }, { gone: "x1", here: "n[1-2]" });
    const { text, nodeSpecs } = await render(graph, { plugin: "topology/block" });
    const nodeSpec = await nodeSpecs();
    expect(text).toBe("# block002=here\nBlockName=block002 Nodes=n[1-2]\nBlockSizes=2\n");
    expect([nodeSpec("n1"), nodeSpec("n2"), nodeSpec("x1")]).toEqual(["default:block002", "", ""]);
  });

  test("are told of no node that is in none of them", async () => {
    const rendered = await render(graphOf({ leaf: "n[1-2]" }, { d: "n1" }), { plugin: "topology/block" });
    const specOf = await rendered.nodeSpecs();
    expect(["n1", "n2", "n3"].map(specOf)).toEqual(["default:block001", "default:", ""]);
  });

  test("are refused where the tree has none of all their nodes", async () => {
    await expect(render(graphOf({ leaf: "n1" }, { gone: "x1" }), { plugin: "topology/block" })).rejects.toEqual(
      new TopologyError(400, "cannot determine blockSizes: topology contains no blocks"),
    );
  });

  test("are the domains as they are above a tree that is gone", async () => {
    expect(await textOf(graphOf({ "": "n[1-2]" }, { d: "n[1-2]" }), { plugin: "topology/block" })).toBe(
      "# block001=d\nBlockName=block001 Nodes=n[1-2]\nBlockSizes=2\n",
    );
  });
});

describe("blocks with sizes", () => {
  const expected = [
    ["# block001=B1", "BlockName=block001", "Node[104-105]"],
    ["# block002=B1", "BlockName=block002", "Node106"],
    ["# block003=B2", "BlockName=block003", "Node[201-202]"],
    ["# block004=B2", "BlockName=block004", "Node205"],
    ["# block005=B3", "BlockName=block005", "Node[304-305]"],
    ["# block006=B3", "BlockName=block006", "Node306"],
    ["# block007=B4", "BlockName=block007", "Node[401-402]"],
    ["# block008=B4", "BlockName=block008", "Node403"],
  ];

  test("are written with their nodes, and as a skeleton without", async () => {
    const config = { plugin: "topology/block", blockSizes: [2, 4, 8] };
    const lines = (withNodes: boolean) =>
      expected.map(([comment, block, nodes]) => `${comment}\n${block}${withNodes ? ` Nodes=${nodes}` : ""}\n`).join("");
    expect(await textOf(graphOf(tree, domains), config)).toBe(`${lines(true)}BlockSizes=2,4,8\n`);
    expect(await textOf(graphOf(tree, domains), config, { skeleton: true })).toBe(`${lines(false)}BlockSizes=2,4,8\n`);
  });

  test("tell a node's block by the number that it has after the cut", async () => {
    const nodeSpec = await (
      await render(graphOf(tree, domains), { plugin: "topology/block", blockSizes: [2, 4, 8] })
    ).nodeSpecs();
    const specs = ["Node104", "Node106", "Node205", "Node304", "Node403"].map(nodeSpec);
    expect(specs).toEqual([1, 2, 4, 5, 8].map((block) => `default:block00${block}`));
  });

  test("keep to one size without empty blocks", async () => {
    expect(await textOf(graphOf(tree, domains), { plugin: "topology/block", blockSizes: [3] })).toContain(
      "# block004=B4\nBlockName=block004 Nodes=Node[401-403]\nBlockSizes=3\n",
    );
  });

  test("are the sizes alone where the tree has none of the domains", async () => {
    const graph = graphOf({ leaf: "n1" }, { gone: "x1" });
    expect(await textOf(graph, { plugin: "topology/block", blockSizes: [4, 8] })).toBe("BlockSizes=4,8\n");
  });

  test("show the example of 18, 5 and 9 nodes", async () => {
    const graph = graphOf(
      { a1: "n[1-18]", b1: "m[1-5]", c1: "k[1-9]" },
      { "A-two": "m[1-5]", "B-one": "n[1-18]", "C-three": "k[1-9]" },
    );
    expect(await textOf(graph, { plugin: "topology/block", blockSizes: [9, 18] })).toBe(
      [
        "# block001=A-two",
        "BlockName=block001 Nodes=m[1-5]",
        "BlockName=block002",
        "# block003=B-one",
        "BlockName=block003 Nodes=n[1,10-17]",
        "# block004=B-one",
        "BlockName=block004 Nodes=n[2-9,18]",
        "# block005=C-three",
        "BlockName=block005 Nodes=k[1-9]",
        "BlockName=block006",
        "BlockSizes=9,18",
        "",
      ].join("\n"),
    );
  });

  test("that need a million blocks and more are refused", async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`d${index}`, `n${index}`]));
    const graph = graphOf(undefined, { ...many, large: "m[1-40000]" });
    await expect(render(graph, { plugin: "topology/block", blockSizes: [1, 65_536] })).rejects.toEqual(
      new TopologyError(
        400,
        "blockSizes 1,65536 would need 2686976 blocks for 40040 nodes; at most 1000000 can be written",
      ),
    );
  });
});

describe("names of blocks", () => {
  test("stand in comments, lines and node specs", async () => {
    const graph = graphOf(undefined, { B1: "Node[104-106]", B2: "Node[201-202] Node205" });
    const blockName = { nodeNameRegexp: "^Node([0-9])[0-9]{2}$", format: "domain${1}" };
    const { text, nodeSpecs } = await render(graph, { plugin: "topology/block", blockName });
    const nodeSpec = await nodeSpecs();
    expect(text).toBe(
      "# domain1=B1\nBlockName=domain1 Nodes=Node[104-106]\n# domain2=B2\nBlockName=domain2 Nodes=Node[201-202,205]\nBlockSizes=3,6\n",
    );
    expect(nodeSpec("Node104")).toBe("default:domain1");
  });

  test("are one for each sub-domain", async () => {
    const graph = graphOf(undefined, { d: { r1: "r1-h[0-1]", r2: "r2-h[0-1]" } });
    const blockName = { nodeNameRegexp: "^(r[0-9]+)-", format: "${1}" };
    expect(await textOf(graph, { plugin: "topology/block", blockSizes: [8, 16], blockName })).toBe(
      "# r1=r1\nBlockName=r1 Nodes=r1-h[0-1]\n# r2=r2\nBlockName=r2 Nodes=r2-h[0-1]\nBlockSizes=8,16\n",
    );
  });

  test("that are one for a domain fail where sizes split it", async () => {
    const graph = graphOf(undefined, { d: "n[1-4]" });
    const blockName = { nodeNameRegexp: "n", format: "same" };
    await expect(render(graph, { plugin: "topology/block", blockSizes: [2], blockName })).rejects.toEqual(
      new TopologyError(400, 'blocks "block001" and "block002" produce duplicate block name "same"'),
    );
  });
});
