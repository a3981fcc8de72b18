import type { TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import { fnv1a64 } from "../names/fnv1a.ts";
import { quoteGo } from "../names/quote-go.ts";
import { labelKeyProblems } from "../names/label-syntax.ts";
import { TopologyError } from "../topology-error.ts";

export const fabricTierPrefix = "fabric.topograph.run/tier-";
export const domainLabel = "accelerator.topograph.run/domain";
export const subDomainLabel = "accelerator.topograph.run/sub-domain";

/** Names of the labels that a topology is written to. */
export interface LabelKeys {
  /** Closest tier first; empty for `fabric.topograph.run/tier-N`. Tiers without a name are left out. */
  readonly fabric: readonly string[];
  readonly domain: string;
}

/** Wanted labels by the name of the node; each node's own in the order of their names. */
export type NodeLabels = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * The labels that say where each node of a graph stands; the nodes in the byte order of their names. Throws `TopologyError` (502) for a
 * node in two accelerator domains, (400) for a vertex that is reached twice.
 */
export function nodeLabels(graph: TopologyGraph, keys: LabelKeys): NodeLabels {
  const labels = new Map<string, Map<string, string>>();
  const labelsOf = (nodeName: string): Map<string, string> => {
    const known = labels.get(nodeName);
    if (known !== undefined) return known;
    const made = new Map<string, string>();
    labels.set(nodeName, made);
    return made;
  };
  addDomains(graph, keys, labelsOf);
  if (graph.root !== undefined) addTiers(graph.root, keys, labelsOf);
  return new Map([...labels].sort(([left], [right]) => compareBytes(left, right)));
}

/** A label's value: as it is up to 63 bytes, else `x` and its hash. */
export function toLabelValue(value: string): string {
  // A text of up to 21 UTF-16 units has at most 63 bytes.
  return value.length <= 21 || Buffer.byteLength(value) <= 63 ? value : `x${fnv1a64(value)}`;
}

/** Throws `TopologyError` (400) where a parameter is no name of a label. */
export function insistOnLabelKey(parameter: string, key: string): void {
  const problems = labelKeyProblems(key);
  if (problems.length === 0) return;
  const words = `${parameter} ${quoteGo(key)} is not a valid Kubernetes label key: ${problems.join("; ")}`;
  throw new TopologyError(400, words);
}

function addDomains(
  { domains = new Map() }: TopologyGraph,
  keys: LabelKeys,
  labelsOf: (nodeName: string) => Map<string, string>,
): void {
  for (const [domain, hosts] of [...domains].sort(([left], [right]) => compareBytes(left, right))) {
    const value = toLabelValue(domain);
    for (const [nodeName, { subDomain = "" }] of hosts) {
      if (nodeName === "") continue;
      const labels = labelsOf(nodeName);
      const earlier = labels.get(keys.domain);
      if (earlier !== undefined) {
        throw new TopologyError(502, `multiple accelerator labels ${earlier}, ${domain} for node ${nodeName}`);
      }
      labels.set(keys.domain, value);
      if (subDomain !== "") labels.set(subDomainLabel, toLabelValue(subDomain));
    }
  }
}

/** The way from a node up to the root, closest switch first. */
interface Way {
  readonly id: string;
  readonly above: Way | undefined;
}

function addTiers(root: Vertex, keys: LabelKeys, labelsOf: (nodeName: string) => Map<string, string>): void {
  const pending: { readonly vertex: Vertex; readonly above: Way | undefined }[] = [{ vertex: root, above: undefined }];
  const seen = new Set<Vertex>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { vertex, above } = next;
    if (seen.has(vertex)) {
      const words = `vertex ${quoteGo(vertex.id)} is reachable more than once; topology must be a tree`;
      throw new TopologyError(400, words);
    }
    seen.add(vertex);
    if (vertex.children.size === 0) {
      if (vertex !== root && vertex.name !== "") setTiers(labelsOf(vertex.name), above, keys);
      continue;
    }
    // The root that all switches hang from is no switch itself.
    const way = vertex.id === "" ? above : { id: vertex.id, above };
    for (const child of vertex.children.values()) pending.push({ vertex: child, above: way });
  }
}

function setTiers(labels: Map<string, string>, closest: Way | undefined, { fabric }: LabelKeys): void {
  let tier = 0;
  for (let way = closest; way !== undefined; way = way.above) {
    const key = fabric.length === 0 ? `${fabricTierPrefix}${tier}` : fabric[tier];
    if (key === undefined) return;
    labels.set(key, toLabelValue(way.id));
    tier++;
  }
}
