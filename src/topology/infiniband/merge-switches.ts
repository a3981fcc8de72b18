import type { Vertex } from "../graph/topology-graph.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import type { Level } from "./fabric-levels.ts";

/**
 * The tree of one fabric, made of levels in which every switch may have many parents, as in a Clos network: of the
 * switches of one level that have the same children the first one stands for all. A switch whose children are some of
 * another's, as after the loss of a cable, is left out; hosts are never lost that way. Whatever else has two parents keeps
 * them, for the layout of the tree to refuse. Linear in the links, but for sorting.
 *
 * @param vertexOf Makes the vertex of a host, and that of a switch from its children.
 */
export function mergeSwitches(
  levels: readonly Level[],
  vertexOf: (id: string, children: ReadonlyMap<string, Vertex>) => Vertex,
): readonly Vertex[] {
  const { layers, strays } = orderFromTop(levels);
  /** What stands for a switch; itself where it is not named. */
  const standIns = new Map<string, string>();
  const vertices = new Map<string, Vertex>();
  let roots: readonly string[] = [];
  for (const [index, level] of levels.entries()) {
    const bySignature = new Map<string, string>();
    const merged = new Map<string, readonly string[]>();
    for (const id of layers[index] ?? []) {
      const children = new Set<string>();
      for (const child of level.get(id) ?? []) children.add(standIns.get(child) ?? child);
      const sorted = [...children].sort(compareBytes);
      const signature = sorted.join("\0");
      const first = bySignature.get(signature);
      if (first === undefined) {
        bySignature.set(signature, id);
        merged.set(id, sorted);
      } else {
        standIns.set(id, first);
      }
    }
    if (index > 0) leaveOutParts(merged, standIns);
    for (const [id, children] of merged) {
      const below = new Map<string, Vertex>();
      for (const child of children) below.set(child, vertices.get(child) ?? vertexOf(child, new Map()));
      vertices.set(id, vertexOf(id, below));
    }
    roots = [...merged.keys()];
  }
  return [...roots, ...uncovered(strays, roots, standIns, vertices)]
    .sort(compareBytes)
    .flatMap((id) => vertices.get(id) ?? []);
}

/**
 * The switches of each level in the order in which a walk from the top meets them, and those of the first level that it
 * does not meet, which stand at that level's end.
 */
function orderFromTop(levels: readonly Level[]): {
  readonly layers: readonly (readonly string[])[];
  readonly strays: readonly string[];
} {
  const layers: string[][] = levels.map(() => []);
  let layer = [...(levels.at(-1)?.keys() ?? [])].sort(compareBytes);
  for (let index = levels.length - 1; index >= 0; index--) {
    layers[index] = layer;
    const next = new Set<string>();
    for (const id of layer) {
      for (const child of [...(levels[index]?.get(id) ?? [])].sort(compareBytes)) next.add(child);
    }
    layer = [...next];
  }
  const met = new Set(layers[0]);
  const strays = [...(levels[0]?.keys() ?? [])].filter((id) => !met.has(id)).sort(compareBytes);
  for (const id of strays) layers[0]?.push(id);
  return { layers, strays };
}

/** Removes each switch all of whose children are another's too, which then stands for it. */
function leaveOutParts(merged: Map<string, readonly string[]>, standIns: Map<string, string>): void {
  const owners = new Map<string, string>();
  const largestFirst = [...merged].sort(([, a], [, b]) => b.length - a.length);
  for (const [id, children] of largestFirst) {
    const taken = new Set(children.map((child) => owners.get(child)));
    const [owner] = taken;
    if (taken.size === 1 && owner !== undefined) {
      merged.delete(id);
      standIns.set(id, owner);
    } else {
      for (const child of children) if (!owners.has(child)) owners.set(child, id);
    }
  }
}

/** Those strays that hold hosts which nothing under the roots holds. */
function uncovered(
  strays: readonly string[],
  roots: readonly string[],
  standIns: ReadonlyMap<string, string>,
  vertices: ReadonlyMap<string, Vertex>,
): readonly string[] {
  if (strays.length === 0) return [];
  const reached = new Set<string>(roots);
  for (const id of reached) for (const child of vertices.get(id)?.children.keys() ?? []) reached.add(child);
  const kept = new Set<string>();
  for (const stray of strays) {
    const id = standIns.get(stray) ?? stray;
    const hosts = [...(vertices.get(id)?.children.keys() ?? [])];
    if (reached.has(id) || hosts.every((host) => reached.has(host))) continue;
    kept.add(id);
    reached.add(id);
    for (const host of hosts) reached.add(host);
  }
  return [...kept];
}
