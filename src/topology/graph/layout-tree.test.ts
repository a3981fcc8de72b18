import { describe, expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { layoutTree, switchesAbove } from "./layout-tree.ts";
import type { Vertex } from "./topology-graph.ts";

interface Linkable extends Vertex {
  readonly children: Map<string, Linkable>;
}

function vertex(id: string, children: readonly Linkable[] = [], name = id): Linkable {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}

describe("the walk", () => {
  const layout = layoutTree({
    root: vertex("", [
      vertex("s2", [vertex("l3", [vertex("i5", [], "n5")]), vertex("i4", [], "n4")]),
      vertex("s1", [
        vertex("l2", [vertex("i3", [], "n3")]),
        vertex("l1", [vertex("i2", [], "n2"), vertex("i1", [], "n1")]),
      ]),
      vertex("i0", [], "n0"),
    ]),
  });

  test("goes breadth first, siblings in the order of their ids", () => {
    expect(layout.switches.map(({ id }) => id)).toEqual(["s1", "s2", "l1", "l2", "l3"]);
    expect(layout.nodes.map(({ name }) => name)).toEqual(["n0", "n4", "n1", "n2", "n3", "n5"]);
    expect(layout.roots.map(({ id }) => id)).toEqual(["s1", "s2"]);
  });

  test("numbers what it meets", () => {
    expect(layout.switches.map(({ order }) => order)).toEqual([0, 1, 2, 3, 4]);
    expect(layout.nodes.map(({ order }) => order)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("finds a node by its name, with its instance and the switches above it from the root down", () => {
    const node = layout.nodesByName.get("n3");
    expect(node?.instanceId).toBe("i3");
    expect(node && switchesAbove(node).map(({ id }) => id)).toEqual(["s1", "l2"]);
    const bare = layout.nodesByName.get("n0");
    expect(bare && switchesAbove(bare)).toEqual([]);
  });
});

test("of several nodes of one name the first of the walk is found by it", () => {
  const layout = layoutTree({ root: vertex("", [vertex("s", [vertex("i2", [], "n"), vertex("i1", [], "n")])]) });
  expect(layout.nodesByName.get("n")?.instanceId).toBe("i1");
  expect(layout.nodes).toHaveLength(2);
});

test("without a tree there is nothing", () => {
  expect(layoutTree({})).toEqual({ switches: [], nodes: [], roots: [], nodesByName: new Map() });
});

describe("what is no tree ends the walk with a refusal", () => {
  test("a switch that hangs off one far below it", () => {
    const top = vertex("a", [vertex("b", [vertex("c")])]);
    const bottom = top.children.get("b")?.children.get("c");
    bottom?.children.set("a", top);
    expect(() => layoutTree({ root: vertex("", [top]) })).toThrow(
      new TopologyError(400, 'vertex "a" is reachable more than once; topology must be a tree'),
    );
  });

  test("a switch that hangs off itself", () => {
    const own = vertex("a");
    own.children.set("a", own);
    expect(() => layoutTree({ root: vertex("", [own]) })).toThrow(
      new TopologyError(400, 'vertex "a" contains a self-edge'),
    );
  });

  test("a node with two places", () => {
    const node = vertex("i");
    expect(() => layoutTree({ root: vertex("", [vertex("a", [node]), vertex("b", [node])]) })).toThrow(
      'vertex "i" is reachable more than once; topology must be a tree',
    );
  });

  test("a vertex that has the hidden root's id", () => {
    expect(() => layoutTree({ root: vertex("", [vertex("", [vertex("n")])]) })).toThrow(
      'vertex "" contains a self-edge',
    );
  });
});
