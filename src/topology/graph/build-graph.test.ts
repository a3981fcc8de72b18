import { describe, expect, test } from "vitest";
import { renderTree } from "../render/tree.ts";
import { TopologyError } from "../topology-error.ts";
import { buildGraph, type BuildOptions } from "./build-graph.ts";
import { layoutTree } from "./layout-tree.ts";
import type { ComputeInstances, InstanceTopology } from "./topology-graph.ts";

/** `n1: leaf - core` is an instance `n1` with its tiers, of which the second is empty. */
function parse(text: string): InstanceTopology[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [instanceId = "", tiers = ""] = line.trim().split(":");
      return {
        instanceId,
        tiers: tiers
          .split(" ")
          .filter((tier) => tier !== "")
          .map((tier) => (tier === "-" ? "" : tier)),
      };
    });
}

function requestOf(...ids: readonly string[]): ComputeInstances[] {
  return [{ region: "local", instances: new Map(ids.map((id) => [id, id])) }];
}

function treeOf(topologies: readonly InstanceTopology[], options: Partial<BuildOptions> = {}): string {
  const request = requestOf(...topologies.map(({ instanceId }) => instanceId));
  return renderTree(layoutTree(buildGraph(topologies, request, { trimTiers: 0, ...options })));
}

const threeTiers = parse(`
  n1: l1 s1 c
  n2: l1 s1 c
  n3: l2 s1 c
  n4: l3 s2 c`);

test("tiers are given closest first", () => {
  expect(treeOf(threeTiers)).toBe(
    [
      "SwitchName=c Switches=s[1-2]",
      "SwitchName=s1 Switches=l[1-2]",
      "SwitchName=s2 Switches=l3",
      "SwitchName=l1 Nodes=n[1-2]",
      "SwitchName=l2 Nodes=n3",
      "SwitchName=l3 Nodes=n4",
      "",
    ].join("\n"),
  );
});

describe("tiers are trimmed from the top", () => {
  test.each([
    [
      -1,
      "SwitchName=c Switches=s[1-2]\nSwitchName=s1 Switches=l[1-2]\nSwitchName=s2 Switches=l3\nSwitchName=l1 Nodes=n[1-2]\nSwitchName=l2 Nodes=n3\nSwitchName=l3 Nodes=n4\n",
    ],
    [
      1,
      "SwitchName=s1 Switches=l[1-2]\nSwitchName=s2 Switches=l3\nSwitchName=l1 Nodes=n[1-2]\nSwitchName=l2 Nodes=n3\nSwitchName=l3 Nodes=n4\n",
    ],
    [2, "SwitchName=l1 Nodes=n[1-2]\nSwitchName=l2 Nodes=n3\nSwitchName=l3 Nodes=n4\n"],
    [3, ""],
    [99, ""],
  ])("%d of three", (trimTiers, text) => {
    expect(treeOf(threeTiers, { trimTiers })).toBe(text);
  });

  test("with all tiers gone nodes stand under the hidden root, and their domains stay", () => {
    const graph = buildGraph([{ instanceId: "i", tiers: ["l"], domain: "d" }], requestOf("i"), { trimTiers: 1 });
    expect([...(graph.root?.children.values() ?? [])]).toEqual([{ id: "i", name: "i", children: new Map() }]);
    expect(graph.domains).toEqual(new Map([["d", new Map([["i", { domain: "d", instanceId: "i", nodeName: "i" }]])]]));
  });
});

test("empty tiers are passed over", () => {
  expect(treeOf(parse("n1: - s1 -\nn2: l2 - c"))).toBe(
    "SwitchName=c Switches=l2\nSwitchName=s1 Nodes=n1\nSwitchName=l2 Nodes=n2\n",
  );
});

test("instances that nobody asks for are ignored", () => {
  const graph = buildGraph(threeTiers, requestOf("n3"), { trimTiers: 0 });
  expect(layoutTree(graph).nodes.map(({ name }) => name)).toEqual(["n3"]);
});

test("requested instances that are not known stand under no-topology, in its place by the order of bytes", () => {
  const missing: string[] = [];
  const onMissing = (name: string) => void missing.push(name);
  const graph = buildGraph(parse("a: leaf\nb: zleaf"), requestOf("a", "b", "x2", "x1"), { trimTiers: 0, onMissing });
  expect(renderTree(layoutTree(graph))).toBe(
    "SwitchName=leaf Nodes=a\nSwitchName=no-topology Nodes=x[1-2]\nSwitchName=zleaf Nodes=b\n",
  );
  expect(missing).toEqual(["x2", "x1"]);
});

test("a switch that is called no-topology keeps its nodes", () => {
  const graph = buildGraph(parse("a: no-topology"), requestOf("a", "b"), { trimTiers: 0 });
  expect(renderTree(layoutTree(graph))).toBe("SwitchName=no-topology Nodes=a,b\n");
});

test("of an instance in two regions the later name counts, and of one that is known twice the first place", () => {
  const request = [
    { region: "r1", instances: new Map([["i", "old"]]) },
    { region: "r2", instances: new Map([["i", "new"]]) },
  ];
  const graph = buildGraph(parse("i: l1\ni: l2"), request, { trimTiers: 0 });
  expect(renderTree(layoutTree(graph))).toBe("SwitchName=l1 Nodes=new\n");
});

test("an empty request gives an empty tree, which is a tree all the same", () => {
  const graph = buildGraph(threeTiers, [{ region: "r", instances: new Map() }], { trimTiers: 0 });
  expect(graph.root).toBeDefined();
  expect(renderTree(layoutTree(graph))).toBe("");
});

describe("trees of mixed depth keep every node", () => {
  test("a switch with nodes and switches", () => {
    expect(treeOf(parse("n1: l1 s1 c\nn2: s1 c\nn3: c\nn4: l2 s1 c"))).toBe(
      [
        "SwitchName=c Switches=s1",
        "SwitchName=c Nodes=n3",
        "SwitchName=s1 Switches=l[1-2]",
        "SwitchName=s1 Nodes=n2",
        "SwitchName=l1 Nodes=n1",
        "SwitchName=l2 Nodes=n4",
        "",
      ].join("\n"),
    );
  });

  test("whatever order they come in", () => {
    const mixed = parse("n1: l1 s1 c\nn2: s1 c\nn3: l2 s1 c\nn4: s1 c\nn5: s2 c\nn6: l3 s2 c");
    const texts = mixed.map((_, start) => treeOf([...mixed.slice(start), ...mixed.slice(0, start)]));
    expect(new Set(texts).size).toBe(1);
  });
});

describe("what is no tree is refused", () => {
  test.each([
    [
      "a leaf with two parents",
      "n1: l1 s1\nn2: l1 s2",
      'vertex "l1" is reachable more than once; topology must be a tree',
    ],
    [
      "a leaf that is also a root",
      "n1: l1 s1\nn2: l1",
      'vertex "l1" is reachable more than once; topology must be a tree',
    ],
    ["a switch above itself", "n1: l1 l1", 'vertex "l1" contains a self-edge'],
    ["a circle", "n1: a b a", 'vertex "a" is reachable more than once; topology must be a tree'],
    [
      "two switches above each other",
      "n1: a b\nn2: b a",
      'vertex "b" is reachable more than once; topology must be a tree',
    ],
    ["a node called as the switch above it", "l1: l1", 'vertex "l1" contains a self-edge'],
    [
      "a node called as a switch elsewhere",
      "l2: l1\nn2: l2",
      'vertex "l2" is reachable more than once; topology must be a tree',
    ],
    [
      "a node called as a switch beside it",
      "l1: s\nn2: l1 s",
      'vertex "l1" is reachable more than once; topology must be a tree',
    ],
    [
      "a switch called as a node beside it",
      "n2: l1 s\nl1: s",
      'vertex "l1" is reachable more than once; topology must be a tree',
    ],
  ])("%s", (_, text, message) => {
    expect(() => treeOf(parse(text))).toThrow(new TopologyError(400, message));
  });

  test("a node without an id beside a tree", () => {
    expect(() => layoutTree(buildGraph([], requestOf(""), { trimTiers: 0 }))).toThrow(
      'vertex "" is reachable more than once; topology must be a tree',
    );
  });
});

describe("normalised names", () => {
  test("are shown in place of ids, which stand in a comment before every line", () => {
    const graph = buildGraph(parse("a1: l1 s c"), requestOf("a1", "zz"), { trimTiers: 0, normalise: true });
    expect(renderTree(layoutTree(graph))).toBe(
      [
        "# switch.3.1=c",
        "SwitchName=switch.3.1 Switches=switch.2.1",
        "SwitchName=no-topology Nodes=zz",
        "# switch.2.1=s",
        "SwitchName=switch.2.1 Switches=switch.1.1",
        "# switch.1.1=l1",
        "SwitchName=switch.1.1 Nodes=a1",
        "",
      ].join("\n"),
    );
  });

  test("are counted from root to leaf, by all instances and before tiers are trimmed", () => {
    const all = parse("n1: lz sb ca\nn2: ly sa cb\nn3: lx sa cb\nn4: lw sc ca");
    const graph = buildGraph(all, requestOf("n3", "n4"), { trimTiers: 1, normalise: true });
    expect(renderTree(layoutTree(graph))).toBe(
      [
        "# switch.2.3=sa",
        "SwitchName=switch.2.3 Switches=switch.1.3",
        "# switch.2.2=sc",
        "SwitchName=switch.2.2 Switches=switch.1.2",
        "# switch.1.3=lx",
        "SwitchName=switch.1.3 Nodes=n3",
        "# switch.1.2=lw",
        "SwitchName=switch.1.2 Nodes=n4",
        "",
      ].join("\n"),
    );
  });

  test("do not depend on the order of instances", () => {
    const all = parse("n1: lz sb ca\nn2: ly sa cb\nn3: lx sa cb\nn4: lw sc ca");
    expect(treeOf(all.toReversed(), { normalise: true })).toBe(treeOf(all, { normalise: true }));
  });
});
