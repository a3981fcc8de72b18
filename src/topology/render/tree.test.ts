import { describe, expect, test } from "vitest";
import { layoutTree, type TreeLayout } from "../graph/layout-tree.ts";
import { buildGraph } from "../graph/build-graph.ts";
import type { Vertex } from "../graph/topology-graph.ts";
import { renderTree } from "./tree.ts";

function at(id: string, children: readonly Vertex[] = [], name = children.length === 0 ? id : ""): Vertex {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}

function layoutOf(...roots: readonly Vertex[]): TreeLayout {
  return layoutTree({ root: at("", roots) });
}

const built = layoutOf(
  at("S1", [
    at("S2", [at("i1", [], "Node201"), at("i2", [], "Node202"), at("i5", [], "Node205")]),
    at("S3", [at("i4", [], "Node304"), at("i6", [], "Node306"), at("i7", [], "Node305")]),
  ]),
);

test("the tree of the test provider", () => {
  expect(renderTree(built)).toBe(
    "SwitchName=S1 Switches=S[2-3]\nSwitchName=S2 Nodes=Node[201-202,205]\nSwitchName=S3 Nodes=Node[304-306]\n",
  );
});

test("siblings stand in the order of their ids' bytes, whatever they are called and come in", () => {
  const layout = layoutOf(
    at("\u{1f600}", [at("n4")], "a"),
    at("\u{ff5e}", [at("n3")], "b"),
    at("z", [at("n2")], "c"),
    at("B", [at("n1")], "d"),
  );
  expect(layout.roots.map(({ id }) => id)).toEqual(["B", "z", "\u{ff5e}", "\u{1f600}"]);
  expect(layout.nodes.map(({ name }) => name)).toEqual(["n1", "n2", "n3", "n4"]);
});

test("a switch with switches and nodes has a line for each", () => {
  expect(renderTree(layoutOf(at("s", [at("l", [at("n2")]), at("n1")])))).toBe(
    "SwitchName=s Switches=l\nSwitchName=s Nodes=n1\nSwitchName=l Nodes=n2\n",
  );
});

test("a switch without children counts as a node", () => {
  expect(renderTree(layoutOf(at("s", [at("empty", [], "")])))).toBe("SwitchName=s Nodes=\n");
});

test("without a tree, or with nodes alone, there is not a byte", () => {
  expect(renderTree(layoutTree({}))).toBe("");
  expect(renderTree(layoutOf(at("n1"), at("n2")))).toBe("");
});

test("without ranges every name stands by itself", () => {
  expect(renderTree(built, { ranges: false }).split("\n")[0]).toBe("SwitchName=S1 Switches=S2,S3");
});

describe("the skeleton", () => {
  const layout = layoutOf(
    at("SA", [at("NodeA1")]),
    at("SB", [at("SB2", [at("NodeB1")]), at("NodeB2")], "switch.2.1"),
    at("NodeC"),
  );

  test("has no nodes, and no switch that has nothing else", () => {
    expect(renderTree(layout, { skeleton: true })).toBe("# switch.2.1=SB\nSwitchName=switch.2.1 Switches=SB2\n");
    expect(renderTree(built, { skeleton: true })).toBe("SwitchName=S1 Switches=S[2-3]\n");
  });

  test("of newer versions has the roots by their names alone", () => {
    expect(renderTree(layout, { skeleton: "roots" })).toBe("SwitchName=SA\n# switch.2.1=SB\nSwitchName=switch.2.1\n");
    expect(renderTree(built, { skeleton: "roots" })).toBe("SwitchName=S1\n");
  });

  test("has the roots that are left where tiers were trimmed", () => {
    const request = [{ region: "", instances: new Map([["i", "n"]]) }];
    const trimmed = (trimTiers: number) =>
      layoutTree(buildGraph([{ instanceId: "i", tiers: ["f0", "f1", "f2"] }], request, { trimTiers }));
    expect(renderTree(trimmed(1), { skeleton: "roots" })).toBe("SwitchName=f1\n");
    expect(renderTree(trimmed(3), { skeleton: "roots" })).toBe("");
  });
});
