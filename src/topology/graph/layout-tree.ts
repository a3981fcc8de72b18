import { compareBytes } from "../names/compare-bytes.ts";
import { reachedTwice, selfEdge } from "./not-a-tree.ts";
import type { TopologyGraph, Vertex } from "./topology-graph.ts";

/** A graph's tree as output walks it: breadth first from the hidden root, siblings in the order of their ids' bytes. */
export interface TreeLayout {
  /** Every switch in the order of the walk, without the hidden root. */
  readonly switches: readonly LaidSwitch[];
  /** Every node in the order of the walk, which meets nodes and switches of one depth in one order. */
  readonly nodes: readonly LaidNode[];
  /** The first switches: those that have no parent. */
  readonly roots: readonly LaidSwitch[];
  /** Nodes by name; of several by one name the first of the walk. */
  readonly nodesByName: ReadonlyMap<string, LaidNode>;
}

export interface LaidSwitch {
  readonly id: string;
  /** The name that is shown in place of the id; empty where there is none. */
  readonly name: string;
  /** Its place in `TreeLayout.switches`: parents stand before their children. */
  readonly order: number;
  readonly parent: LaidSwitch | undefined;
  readonly switches: readonly LaidSwitch[];
  readonly nodes: readonly LaidNode[];
}

export interface LaidNode {
  readonly name: string;
  readonly instanceId: string;
  /** Its place in `TreeLayout.nodes`. */
  readonly order: number;
  /** `undefined` for a node that stands under the hidden root, with no switch above it. */
  readonly parent: LaidSwitch | undefined;
}

interface GrowingSwitch extends LaidSwitch {
  readonly switches: GrowingSwitch[];
  readonly nodes: LaidNode[];
}

/**
 * Walks the tree once. Without a tree the layout is empty. Throws `TopologyError` (400) where a vertex is its own child or
 * has two parents, as it has in every cycle.
 */
export function layoutTree(graph: TopologyGraph): TreeLayout {
  const switches: GrowingSwitch[] = [];
  const nodes: LaidNode[] = [];
  const roots: GrowingSwitch[] = [];
  const seen = new Set<string>([graph.root?.id ?? ""]);

  const expand = (vertex: Vertex, parent: GrowingSwitch | undefined) => {
    for (const child of inOrderOfIds(vertex.children)) {
      if (child.id === vertex.id) throw selfEdge(vertex.id);
      if (seen.has(child.id)) throw reachedTwice(child.id);
      seen.add(child.id);
      if (child.children.size === 0) {
        const node: LaidNode = { name: child.name, instanceId: child.id, order: nodes.length, parent };
        nodes.push(node);
        parent?.nodes.push(node);
      } else {
        const { id, name } = child;
        const laid: GrowingSwitch = { id, name, order: switches.length, parent, switches: [], nodes: [] };
        switches.push(laid);
        vertices.push(child);
        (parent?.switches ?? roots).push(laid);
      }
    }
  };

  const vertices: Vertex[] = [];
  if (graph.root !== undefined) expand(graph.root, undefined);
  // Both lists grow while they are walked: they are the queue of the walk.
  for (let index = 0; index < vertices.length; index++) {
    const [vertex, laid] = [vertices[index], switches[index]];
    if (vertex !== undefined) expand(vertex, laid);
  }
  let byName: ReadonlyMap<string, LaidNode> | undefined;
  return {
    switches,
    nodes,
    roots,
    // Made when it is first asked for: most output does not look for nodes by their names.
    get nodesByName() {
      return (byName ??= indexByName(nodes));
    },
  };
}

/** The switches above a node, from the root down. */
export function switchesAbove(node: LaidNode): readonly LaidSwitch[] {
  const above: LaidSwitch[] = [];
  for (let at = node.parent; at !== undefined; at = at.parent) above.push(at);
  return above.reverse();
}

function indexByName(nodes: readonly LaidNode[]): ReadonlyMap<string, LaidNode> {
  const byName = new Map<string, LaidNode>();
  for (const node of nodes) if (!byName.has(node.name)) byName.set(node.name, node);
  return byName;
}

function inOrderOfIds(children: ReadonlyMap<string, Vertex>): readonly Vertex[] {
  return [...children.values()].sort((a, b) => compareBytes(a.id, b.id));
}
