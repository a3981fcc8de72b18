import { compareNaturally } from "../../slurm/values/natural-order.ts";
import { layoutTree, type LaidSwitch, type TreeLayout } from "../graph/layout-tree.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";

/** A topology with what a picture of it needs to know: who is where, and how many. */
export interface Fabric {
  readonly layout: TreeLayout;
  /** Nodes below each switch, by `LaidSwitch.order`. */
  readonly nodesBelow: readonly number[];
  /** Switches below each switch that have nodes of their own, itself included, by `LaidSwitch.order`. */
  readonly leavesBelow: readonly number[];
  /** Switches on the longest way down from a root. */
  readonly tiers: number;
  /** All nodes, those that stand in a domain alone included. */
  readonly nodeCount: number;
  /** In the order of their names, as people count. */
  readonly domains: readonly FabricDomain[];
  /** By the name of the node. */
  readonly domainOf: ReadonlyMap<string, FabricDomain>;
  /** Nodes of domains that no switch has. */
  readonly unswitched: readonly string[];
}

export interface FabricDomain {
  readonly name: string;
  /** Its place in `Fabric.domains`. */
  readonly order: number;
  readonly nodes: readonly string[];
}

/** Works out of a graph what pictures show. Linear. Throws as `layoutTree` does. */
export function fabricOf(graph: TopologyGraph): Fabric {
  const layout = layoutTree(graph);
  const nodesBelow = layout.switches.map(({ nodes }) => nodes.length);
  const leavesBelow = layout.switches.map(({ nodes }): number => (nodes.length > 0 ? 1 : 0));
  const depths = layout.switches.map(() => 1);
  // Parents stand before their children: each is added up before its own sum is handed on.
  for (let i = layout.switches.length - 1; i >= 0; i -= 1) {
    const above = layout.switches[i]?.parent?.order;
    if (above === undefined) continue;
    nodesBelow[above] = (nodesBelow[above] ?? 0) + (nodesBelow[i] ?? 0);
    leavesBelow[above] = (leavesBelow[above] ?? 0) + (leavesBelow[i] ?? 0);
    depths[above] = Math.max(depths[above] ?? 1, (depths[i] ?? 1) + 1);
  }
  const domains = [...(graph.domains ?? [])]
    .sort(([a], [b]) => compareNaturally(a, b))
    .map(([name, hosts], order) => ({ name, order, nodes: [...hosts.values()].map(({ nodeName }) => nodeName) }));
  const domainOf = new Map<string, FabricDomain>();
  for (const domain of domains) for (const node of domain.nodes) domainOf.set(node, domain);
  const unswitched = domains.flatMap(({ nodes }) => nodes).filter((node) => !layout.nodesByName.has(node));
  return {
    layout,
    nodesBelow,
    leavesBelow,
    tiers: layout.roots.reduce((deepest, { order }) => Math.max(deepest, depths[order] ?? 1), 0),
    nodeCount: layout.nodes.length + unswitched.length,
    domains,
    domainOf,
    unswitched,
  };
}

/** Switches as people count: `spine-2` before `spine-10`. */
export function inOrder(switches: readonly LaidSwitch[]): readonly LaidSwitch[] {
  return switches.toSorted((a, b) => compareNaturally(switchName(a), switchName(b)));
}

/** What people see of a switch. */
export function switchName({ id, name }: LaidSwitch): string {
  return name === "" ? id : name;
}

/** `3 nodes`, `1 node`. */
export function counted(count: number, what: string): string {
  const many = /(?:ch|f)$/.test(what) ? what.replace(/f$/, "v") + "es" : `${what}s`;
  return `${count.toLocaleString("en")} ${count === 1 ? what : many}`;
}

/** Names of nodes that share a domain, in the order of their first; `domain` is absent for those that have none. */
export function byDomain(
  { domainOf }: Fabric,
  names: readonly string[],
): readonly { readonly domain: FabricDomain | undefined; readonly names: readonly string[] }[] {
  const groups = new Map<FabricDomain | undefined, string[]>();
  for (const name of names) {
    const domain = domainOf.get(name);
    const group = groups.get(domain);
    if (group === undefined) groups.set(domain, [name]);
    else group.push(name);
  }
  return [...groups].map(([domain, group]) => ({ domain, names: group }));
}
