import type { DomainHost, DomainMap } from "../graph/topology-graph.ts";
import { compareBytes } from "../names/compare-bytes.ts";

/** An accelerator domain as one block, before any size is asked of it. */
export interface DomainBlock {
  /** `block001`, by the place of the domain among all. */
  readonly id: string;
  readonly domain: string;
  /** In the order of their names. */
  readonly hosts: readonly DomainHost[];
}

/**
 * The domains of a graph as blocks. With the names of nodes in a tree's order, a block stands where its first node stands,
 * and one of which the tree has no node is left out; without a tree, blocks stand in the order of their domains.
 */
export function domainBlocks(domains: DomainMap, treeNodes: Iterable<string> | undefined): readonly DomainBlock[] {
  const sorted = [...domains]
    .toSorted(([a], [b]) => compareBytes(a, b))
    .map(([domain, hosts], index) => ({
      id: `block${String(index + 1).padStart(3, "0")}`,
      domain,
      hosts: [...hosts.values()].toSorted((a, b) => compareBytes(a.nodeName, b.nodeName)),
    }));
  if (treeNodes === undefined) return sorted;
  const blockOf = new Map<string, DomainBlock>();
  for (const block of sorted) for (const { nodeName } of block.hosts) blockOf.set(nodeName, block);
  const met = new Set<DomainBlock>();
  for (const name of treeNodes) {
    const block = blockOf.get(name);
    if (block !== undefined) met.add(block);
  }
  return [...met];
}
