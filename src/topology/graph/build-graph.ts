import { compareBytes } from "../names/compare-bytes.ts";
import { withDisplayNames, type DisplayName } from "./display-names.ts";
import { reachedTwice } from "./not-a-tree.ts";
import {
  noTopology,
  type ComputeInstances,
  type DomainHost,
  type GraphInstance,
  type InstanceTopology,
  type TopologyGraph,
  type Vertex,
} from "./topology-graph.ts";

export interface BuildOptions {
  /** Tiers that are left out from the top; below 0 none, and with all of them gone nodes stand under the hidden root. */
  readonly trimTiers: number;
  /** Gives switches names to be shown by: `switch.1.1`. */
  readonly normalise?: boolean;
  /** Hears of each requested node of which nothing is known. */
  readonly onMissing?: (nodeName: string) => void;
}

/** Labels that tell of an instance's accelerator domain, where the provider's own do not. */
const domainLabel = "accelerator.topograph.run/domain";
const subDomainLabel = "accelerator.topograph.run/sub-domain";

type Labels = Readonly<Record<string, string>>;

interface GrowingVertex extends Vertex {
  readonly children: Map<string, GrowingVertex>;
}

/** What every node has in common; nothing is ever put into it. */
const childless: Map<string, GrowingVertex> = new Map();

/**
 * Joins what a provider knows of instances with the names of those that are requested. Switches are told apart by their
 * path from the root, so that the same switch is one at any depth below it, and no node is lost. Requested instances that
 * the provider does not know stand under a root of their own, `no-topology`; of one that it knows twice the first counts.
 * Takes time linear in nodes and tiers. Throws `TopologyError` (400) where a node has the id of a switch beside it; that
 * the rest is a tree is for `layoutTree` to say.
 */
export function buildGraph(
  topologies: readonly InstanceTopology[],
  request: readonly ComputeInstances[],
  options: BuildOptions,
): TopologyGraph {
  const names = namesByInstance(request);
  const found = options.normalise === true ? withDisplayNames(topologies) : { topologies, displayName: undefined };
  const tree = new GrowingTree();
  const placed = new Set<string>();
  const inDomains: InstanceTopology[] = [];
  const labelled: InstanceTopology[] = [];
  let parent: GrowingVertex = tree.root;
  let tiersOfParent: readonly string[] | undefined;

  for (const topology of found.topologies) {
    const { instanceId, tiers } = topology;
    const nodeName = names.get(instanceId);
    if (nodeName === undefined || !isNew(placed, instanceId)) continue;
    // Neighbours mostly hang off one switch, and their tiers are one list.
    if (tiers !== tiersOfParent) {
      tiersOfParent = tiers;
      parent = tree.root;
      for (let level = tiersLeft(tiers, options.trimTiers) - 1; level >= 0; level--) {
        const id = tiers[level] ?? "";
        if (id !== "") parent = tree.switchBelow(parent, id, found.displayName?.(level, id) ?? "");
      }
    }
    tree.addNode(parent, instanceId, nodeName);
    if (isGiven(topology.domain)) inDomains.push(topology);
    if (topology.labels !== undefined) labelled.push(topology);
  }

  if (placed.size < names.size) {
    const unplaced = tree.switchBelow(tree.root, noTopology, "");
    for (const [instanceId, nodeName] of names) {
      if (placed.has(instanceId)) continue;
      tree.addNode(unplaced, instanceId, nodeName);
      options.onMissing?.(nodeName);
    }
  }
  const graph: TopologyGraph = { root: tree.finished() };
  if (inDomains.length > 0) addOnFirstUse(graph, "domains", () => domainsOf(inDomains, names));
  if (labelled.length > 0) {
    addOnFirstUse(graph, "instances", () => describe(labelled, options.trimTiers, found.displayName));
  }
  return graph;
}

/** Most output asks for the tree, or for domains, or for instances: what is not asked for is not made. */
function addOnFirstUse<Name extends keyof TopologyGraph>(
  graph: TopologyGraph,
  name: Name,
  make: () => Required<TopologyGraph>[Name],
): void {
  let made: { readonly value: Required<TopologyGraph>[Name] } | undefined;
  Object.defineProperty(graph, name, { enumerable: true, get: () => (made ??= { value: make() }).value });
}

/** Adds an id to those that were met, with one look into the set. */
function isNew(met: Set<string>, id: string): boolean {
  const { size } = met;
  return met.add(id).size > size;
}

function tiersLeft(tiers: readonly string[], trimTiers: number): number {
  return Math.min(tiers.length, tiers.length - trimTiers);
}

/** Of an instance in two regions the later name counts. */
function namesByInstance(request: readonly ComputeInstances[]): ReadonlyMap<string, string> {
  const [first, ...others] = request;
  if (first === undefined || others.length === 0) return first?.instances ?? new Map<string, string>();
  const names = new Map(first.instances);
  for (const { instances } of others) {
    for (const [instanceId, nodeName] of instances) names.set(instanceId, nodeName);
  }
  return names;
}

/** The tree while it grows. Where a node and a switch have one place, the switch has it, whichever came first. */
class GrowingTree {
  readonly root = newSwitch("", "");
  /** Ids of which both a node and a switch have one place. */
  readonly #contested = new Set<string>();

  switchBelow(parent: GrowingVertex, id: string, name: string): GrowingVertex {
    const known = parent.children.get(id);
    if (known !== undefined && known.children !== childless) return known;
    if (known !== undefined) this.#contested.add(id);
    const added = newSwitch(id, name);
    parent.children.set(id, added);
    return added;
  }

  addNode(parent: GrowingVertex, id: string, name: string): void {
    if (parent.children.has(id)) this.#contested.add(id);
    else parent.children.set(id, { id, name, children: childless });
  }

  /** Throws for the first contested id by its bytes, so that the order of instances does not choose. */
  finished(): Vertex {
    const [first] = [...this.#contested].sort(compareBytes);
    if (first !== undefined) throw reachedTwice(first);
    return this.root;
  }
}

function newSwitch(id: string, name: string): GrowingVertex {
  return { id, name, children: new Map<string, GrowingVertex>() };
}

function domainsOf(
  inDomains: readonly InstanceTopology[],
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlyMap<string, DomainHost>> {
  const domains = new Map<string, Map<string, DomainHost>>();
  let hosts = new Map<string, DomainHost>();
  let domainOfHosts = "";
  for (const { instanceId, domain = "", subDomain } of inDomains) {
    if (domain !== domainOfHosts) {
      domainOfHosts = domain;
      hosts = domains.get(domain) ?? new Map<string, DomainHost>();
      if (hosts.size === 0) domains.set(domain, hosts);
    }
    const nodeName = names.get(instanceId) ?? "";
    const host: DomainHost = isGiven(subDomain)
      ? { domain, subDomain, instanceId, nodeName }
      : { domain, instanceId, nodeName };
    hosts.set(nodeName, host);
  }
  return domains;
}

/** By their ids. Those that follow each other mostly have the same switches and labels, and share them. */
function describe(
  labelled: readonly InstanceTopology[],
  trimTiers: number,
  displayName: DisplayName | undefined,
): ReadonlyMap<string, GraphInstance> {
  const instances = new Map<string, GraphInstance>();
  let last: { readonly topology: InstanceTopology; readonly described: GraphInstance } | undefined;
  for (const topology of labelled) {
    const { instanceId: id, tiers, labels: own = {}, domain, subDomain } = topology;
    const before = last?.topology;
    const networkLayers =
      (tiers === before?.tiers && last?.described.networkLayers) || layersOf(tiers, trimTiers, displayName);
    const labels =
      (own === before?.labels &&
        domain === before.domain &&
        subDomain === before.subDomain &&
        last?.described.labels) ||
      withDomains(own, domain, subDomain);
    const described = { id, networkLayers, labels };
    instances.set(id, described);
    last = { topology, described };
  }
  return instances;
}

function layersOf(tiers: readonly string[], trimTiers: number, displayName: DisplayName | undefined): string[] {
  const layers: string[] = [];
  for (let level = 0; level < tiersLeft(tiers, trimTiers); level++) {
    const id = tiers[level] ?? "";
    if (id !== "") layers.push(displayName?.(level, id) || id);
  }
  return layers;
}

function withDomains(own: Labels, domain: string | undefined, subDomain: string | undefined): Labels {
  let labels = own;
  if (!isGiven(labels[domainLabel]) && isGiven(domain)) labels = { ...labels, [domainLabel]: domain };
  if (isGiven(labels[domainLabel]) && !isGiven(labels[subDomainLabel]) && isGiven(subDomain)) {
    labels = { ...labels, [subDomainLabel]: subDomain };
  }
  return labels;
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}
