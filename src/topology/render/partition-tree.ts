import { switchesAbove, type LaidNode, type LaidSwitch, type TreeLayout } from "../graph/layout-tree.ts";

/** The part of a tree that some nodes need. */
export interface PartitionTree {
  /** Parents before their children, in the order of the whole tree. */
  readonly switches: readonly PartitionSwitch[];
  readonly nodes: ReadonlySet<LaidNode>;
}

export interface PartitionSwitch {
  readonly id: string;
  /** Whether no switch stands above it. */
  readonly isRoot: boolean;
  readonly switches: readonly string[];
  readonly nodes: readonly string[];
}

/**
 * Cuts a tree down to the switches above the named nodes, in time that grows with these nodes alone. Names that the tree
 * does not have are passed over; `undefined` where it has none of them.
 */
export function pruneTree(layout: TreeLayout, names: readonly string[]): PartitionTree | undefined {
  const nodes = new Set<LaidNode>();
  for (const name of names) {
    const node = layout.nodesByName.get(name);
    if (node !== undefined) nodes.add(node);
  }
  if (nodes.size === 0) return undefined;
  const kept = new Map<LaidSwitch, { readonly switches: string[]; readonly nodes: string[] }>();
  for (const node of nodes) {
    if (node.parent !== undefined) keep(kept, node.parent).nodes.push(node.name);
  }
  const switches = [...kept]
    .sort(([a], [b]) => a.order - b.order)
    .map(([{ id, parent }, below]) => ({ id, isRoot: parent === undefined, ...below }));
  return { switches, nodes };
}

/** Keeps a switch and all above it, each below its parent. */
function keep(
  kept: Map<LaidSwitch, { readonly switches: string[]; readonly nodes: string[] }>,
  lowest: LaidSwitch,
): { readonly switches: string[]; readonly nodes: string[] } {
  const known = kept.get(lowest);
  if (known !== undefined) return known;
  const below = { switches: [], nodes: [] };
  kept.set(lowest, below);
  for (let at = lowest; at.parent !== undefined; at = at.parent) {
    const parent = kept.get(at.parent);
    if (parent !== undefined) {
      parent.switches.push(at.id);
      break;
    }
    kept.set(at.parent, { switches: [at.id], nodes: [] });
  }
  return below;
}

/** A node's switches from the root to the leaf, as annotations of nodes have them: `core:spine:leaf`. */
export function switchPath(node: LaidNode): string {
  return switchesAbove(node)
    .map(({ id }) => id)
    .join(":");
}
