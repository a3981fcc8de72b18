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
  const domains = new Map<string, Map<string, DomainHost>>();
  const instances = new Map<string, GraphInstance>();

  for (const topology of found.topologies) {
    const nodeName = names.get(topology.instanceId);
    if (nodeName === undefined) continue;
    names.delete(topology.instanceId);

    const kept = Math.min(topology.tiers.length, topology.tiers.length - options.trimTiers);
    let parent = tree.root;
    for (let level = kept - 1; level >= 0; level--) {
      const id = topology.tiers[level] ?? "";
      if (id !== "") parent = tree.switchBelow(parent, id, found.displayName?.(level, id) ?? "");
    }
    tree.addNode(parent, topology.instanceId, nodeName);
    addToDomain(domains, topology, nodeName);
    if (topology.labels !== undefined) {
      instances.set(topology.instanceId, describe(topology, topology.labels, kept, found.displayName));
    }
  }

  if (names.size > 0) {
    const unplaced = tree.switchBelow(tree.root, noTopology, "");
    for (const [instanceId, nodeName] of names) {
      tree.addNode(unplaced, instanceId, nodeName);
      options.onMissing?.(nodeName);
    }
  }
  return { root: tree.finished(), ...(domains.size > 0 && { domains }), ...(instances.size > 0 && { instances }) };
}

/** A copy, from which names are taken as they are found; of an instance in two regions the later name counts. */
function namesByInstance(request: readonly ComputeInstances[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { instances } of request) {
    for (const [instanceId, nodeName] of instances) names.set(instanceId, nodeName);
  }
  return names;
}

/** The tree while it grows. Where a node and a switch have one place, the switch has it, whichever came first. */
class GrowingTree {
  readonly root = newSwitch("", "");
  /** Ids of which both a node and a switch have one place. */
  private readonly contested = new Set<string>();

  switchBelow(parent: GrowingVertex, id: string, name: string): GrowingVertex {
    const known = parent.children.get(id);
    if (known !== undefined && known.children !== childless) return known;
    if (known !== undefined) this.contested.add(id);
    const added = newSwitch(id, name);
    parent.children.set(id, added);
    return added;
  }

  addNode(parent: GrowingVertex, id: string, name: string): void {
    if (parent.children.has(id)) this.contested.add(id);
    else parent.children.set(id, { id, name, children: childless });
  }

  /** Throws for the first contested id by its bytes, so that the order of instances does not choose. */
  finished(): Vertex {
    const [first] = [...this.contested].sort(compareBytes);
    if (first !== undefined) throw reachedTwice(first);
    return this.root;
  }
}

function newSwitch(id: string, name: string): GrowingVertex {
  return { id, name, children: new Map<string, GrowingVertex>() };
}

function addToDomain(
  domains: Map<string, Map<string, DomainHost>>,
  { instanceId, domain, subDomain }: InstanceTopology,
  nodeName: string,
): void {
  if (domain === undefined || domain === "") return;
  const host: DomainHost = { domain, ...(isGiven(subDomain) && { subDomain }), instanceId, nodeName };
  const hosts = domains.get(domain);
  if (hosts === undefined) domains.set(domain, new Map([[nodeName, host]]));
  else hosts.set(nodeName, host);
}

function describe(
  { instanceId, tiers, domain, subDomain }: InstanceTopology,
  own: Readonly<Record<string, string>>,
  kept: number,
  displayName: DisplayName | undefined,
): GraphInstance {
  const networkLayers: string[] = [];
  for (let level = 0; level < kept; level++) {
    const id = tiers[level] ?? "";
    if (id !== "") networkLayers.push(displayName?.(level, id) || id);
  }
  let labels = own;
  if (!isGiven(labels[domainLabel]) && isGiven(domain)) labels = { ...labels, [domainLabel]: domain };
  if (isGiven(labels[domainLabel]) && !isGiven(labels[subDomainLabel]) && isGiven(subDomain)) {
    labels = { ...labels, [subDomainLabel]: subDomain };
  }
  return { id: instanceId, networkLayers, labels };
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}
