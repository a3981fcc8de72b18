import { layoutTree, type LaidSwitch } from "../graph/layout-tree.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";

/** One of the two that are compared. */
export interface ComparedTopology {
  /** `topology/tree`, `topology/block` or `topology/flat`; absent for a network that is not written for Slurm yet. */
  readonly plugin?: string;
  readonly graph: TopologyGraph;
  /** Empty where there are none. */
  readonly blockSizes: readonly number[];
}

/** What is in one place in the old topology and in another in the new one. */
export interface Move {
  /** A node or a switch. */
  readonly name: string;
  /** The leaf switch, switch or domain; absent where it was nowhere. */
  readonly from?: string;
  readonly to?: string;
}

export interface TopologyDiff {
  /** Nodes with another leaf switch, and those that came (no `from`) or went (no `to`). */
  readonly nodes: readonly Move[];
  /** Switches with another switch above them. */
  readonly switches: readonly Move[];
  readonly addedSwitches: readonly string[];
  readonly removedSwitches: readonly string[];
  /** Nodes that the old topology has nowhere. */
  readonly addedNodes: readonly string[];
  /** Nodes that changed their block or accelerator domain. */
  readonly domains: readonly Move[];
  readonly plugin?: { readonly from: string; readonly to: string };
  readonly blockSizes?: { readonly from: readonly number[]; readonly to: readonly number[] };
}

/**
 * What moved from one topology to another. Switches are compared where both could say them, and domains likewise: a file for one of
 * Slurm's plugins has no word of the other. Linear in switches and nodes. Throws as `layoutTree` does.
 */
export function diffTopology(old: ComparedTopology, fresh: ComparedTopology): TopologyDiff {
  const [before, after] = [placesOf(old.graph), placesOf(fresh.graph)];
  const tellSwitches = tells(old, before.switches, "topology/tree") && tells(fresh, after.switches, "topology/tree");
  const tellDomains = tells(old, before.domains, "topology/block") && tells(fresh, after.domains, "topology/block");
  const switches = tellSwitches ? moves(before.switches, after.switches) : [];
  const plugin = { from: old.plugin ?? "", to: fresh.plugin ?? "" };
  const areWritten = plugin.from !== "" && plugin.to !== "";
  const sizes = { from: old.blockSizes, to: fresh.blockSizes };
  return {
    nodes: tellSwitches ? moves(before.nodes, after.nodes) : [],
    switches: switches.filter(({ from, to }) => from !== undefined && to !== undefined),
    addedSwitches: switches.flatMap(({ name, from }) => (from === undefined ? [name] : [])),
    removedSwitches: switches.flatMap(({ name, to }) => (to === undefined ? [name] : [])),
    addedNodes: [...new Set([...after.nodes.keys(), ...after.domains.keys()])].filter(
      (name) => !before.nodes.has(name) && !before.domains.has(name),
    ),
    domains: tellDomains ? moves(before.domains, after.domains) : [],
    ...(areWritten && plugin.from !== plugin.to && { plugin }),
    ...(areWritten && sizes.from.join() !== sizes.to.join() && { blockSizes: sizes }),
  };
}

/** Whether a topology that has none of these says so by that; a file for another plugin of Slurm could not say them. */
function tells({ plugin }: ComparedTopology, places: ReadonlyMap<string, string>, pluginOfThese: string): boolean {
  return places.size > 0 || plugin === undefined || plugin === pluginOfThese;
}

/** Whether nothing of it is different for Slurm. */
export function isUnchanged(diff: TopologyDiff): boolean {
  const { nodes, switches, addedSwitches, removedSwitches, domains, plugin, blockSizes } = diff;
  const lists = [nodes, switches, addedSwitches, removedSwitches, domains];
  return lists.every((list) => list.length === 0) && plugin === undefined && blockSizes === undefined;
}

/** By name what each hangs off; a root hangs off nothing, which is the empty text. */
interface Places {
  readonly nodes: ReadonlyMap<string, string>;
  readonly switches: ReadonlyMap<string, string>;
  readonly domains: ReadonlyMap<string, string>;
}

function placesOf(graph: TopologyGraph): Places {
  const { nodes, switches } = layoutTree(graph);
  const domains = new Map<string, string>();
  for (const [domain, hosts] of graph.domains ?? []) {
    for (const { nodeName } of hosts.values()) domains.set(nodeName, domain);
  }
  return {
    nodes: new Map(nodes.map(({ name, parent }) => [name, shownName(parent)])),
    switches: new Map(switches.map((one) => [shownName(one), shownName(one.parent)])),
    domains,
  };
}

function shownName(one: LaidSwitch | undefined): string {
  return one === undefined ? "" : one.name === "" ? one.id : one.name;
}

function moves(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly Move[] {
  const found: Move[] = [];
  for (const [name, from] of before) {
    const to = after.get(name);
    if (to !== from) found.push({ name, from, ...(to !== undefined && { to }) });
  }
  for (const [name, to] of after) {
    if (!before.has(name)) found.push({ name, to });
  }
  return found;
}
