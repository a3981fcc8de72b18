import type { DomainHost, TopologyGraph, Vertex } from "../src/topology/graph/topology-graph.ts";

export interface PlacedNode {
  readonly name: string;
  /** Closest first. */
  readonly tiers: readonly string[];
  readonly domain?: string;
}

interface GrowingVertex extends Vertex {
  readonly children: Map<string, GrowingVertex>;
}

/** The graph of nodes whose places are known, whatever the names, as tests of pictures and files need it. */
export function fabricGraph(nodes: readonly PlacedNode[]): TopologyGraph {
  const root: GrowingVertex = { id: "", name: "", children: new Map() };
  const domains = new Map<string, Map<string, DomainHost>>();
  for (const { name, tiers, domain } of nodes) {
    let at = root;
    for (const id of tiers.toReversed()) {
      const below = at.children.get(id) ?? { id, name: "", children: new Map() };
      at.children.set(id, below);
      at = below;
    }
    at.children.set(name, { id: name, name, children: new Map() });
    if (domain === undefined) continue;
    const hosts = domains.get(domain) ?? new Map<string, DomainHost>();
    hosts.set(name, { domain, instanceId: name, nodeName: name });
    domains.set(domain, hosts);
  }
  return { root, ...(domains.size > 0 && { domains }) };
}
