import type { TreeLayout } from "../graph/layout-tree.ts";
import type { DomainHost } from "../graph/topology-graph.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import { expandNames, mostExpandedNames } from "../names/expand-names.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import { compileBlockNames } from "./block-names.ts";
import type { DomainBlock } from "./domain-blocks.ts";
import { pruneTree, type PartitionTree } from "./partition-tree.ts";
import { blockPlugin, flatPlugin, type PartitionTopology } from "./render-config.ts";
import { splitBlocks, type BlockLayout } from "./split-blocks.ts";

/** An entry of `topology.yaml`: neither a tree nor blocks where it is flat. */
export interface TopologyUnit {
  readonly name: string;
  readonly clusterDefault: boolean;
  readonly tree?: PartitionTree;
  readonly blocks?: BlockLayout;
}

/** What all topologies are cut from. */
export interface WholeTopology {
  readonly layout: TreeLayout;
  readonly domains: () => readonly DomainBlock[];
  /** Whether a node is in the graph. */
  readonly isKnown: (nodeName: string) => boolean;
  /** The blocks that the topologies may have together. */
  readonly mostBlocks: number;
  /** The nodes that the topologies may name together, each counted as often as it is named. */
  readonly mostNames: number;
}

/**
 * Cuts one topology after the other out of the whole, in the order of their names' bytes and each in time that grows with
 * its own nodes. One of which no node is known is flat. Throws `TopologyError` (400) that names the topology.
 */
export async function* cutTopologies(
  topologies: ReadonlyMap<string, PartitionTopology>,
  whole: WholeTopology,
): AsyncGenerator<TopologyUnit> {
  let places: Places | undefined;
  let namesLeft = whole.mostNames;
  let blocksLeft = whole.mostBlocks;
  for (const [name, topology] of [...topologies].toSorted(([a], [b]) => compareBytes(a, b))) {
    const { plugin, clusterDefault } = topology;
    const where = `topology ${quoteGo(name)}: `;
    if (plugin === flatPlugin) {
      yield { name, clusterDefault };
      continue;
    }
    const names = expandNodes(topology.nodes, namesLeft, name, whole.mostNames);
    namesLeft -= names.length;
    if (plugin === blockPlugin) {
      places ??= placesOf(whole);
      const blocks = await cutBlocks(names, topology, places, blocksLeft, where);
      blocksLeft -= blocks?.blocks.length ?? 0;
      yield { name, clusterDefault, ...(blocks !== undefined && { blocks }) };
    } else {
      const tree = pruneTree(whole.layout, names);
      yield { name, clusterDefault, ...(tree !== undefined && { tree }) };
    }
  }
}

function expandNodes(
  nodes: readonly string[],
  namesLeft: number,
  topology: string,
  mostNames: number,
): readonly string[] {
  const where = `topology ${quoteGo(topology)}`;
  try {
    return expandNames(nodes, { limit: Math.min(mostExpandedNames, namesLeft) });
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    if (namesLeft < mostExpandedNames) {
      throw new TopologyError(400, `${where}: all topologies together name more than ${mostNames} nodes`);
    }
    throw new TopologyError(400, `${where}: nodes expansion failed for ${where}: ${error.message}`);
  }
}

/** All hosts in the order of their blocks, and the place of each node among them. */
interface Places {
  readonly hosts: readonly DomainHost[];
  /** Of each host, by its place. */
  readonly blocks: readonly DomainBlock[];
  readonly byNode: ReadonlyMap<string, number>;
}

function placesOf({ domains, isKnown }: WholeTopology): Places {
  const hosts: DomainHost[] = [];
  const blocks: DomainBlock[] = [];
  const byNode = new Map<string, number>();
  for (const block of domains()) {
    for (const host of block.hosts) {
      if (!isKnown(host.nodeName)) continue;
      byNode.set(host.nodeName, hosts.length);
      hosts.push(host);
      blocks.push(block);
    }
  }
  return { hosts, blocks, byNode };
}

async function cutBlocks(
  names: readonly string[],
  { blockSizes, blockName }: PartitionTopology,
  places: Places,
  mostBlocks: number,
  where: string,
): Promise<BlockLayout | undefined> {
  const chosen = new Set<number>();
  for (const name of names) {
    const place = places.byNode.get(name);
    if (place !== undefined) chosen.add(place);
  }
  const own = new Map<DomainBlock, DomainHost[]>();
  for (const place of [...chosen].sort((a, b) => a - b)) {
    const [block, host] = [places.blocks[place], places.hosts[place]];
    if (block === undefined || host === undefined) continue;
    const hosts = own.get(block);
    if (hosts === undefined) own.set(block, [host]);
    else hosts.push(host);
  }
  if (own.size === 0) return undefined;
  const cut = Array.from(own, ([block, hosts]) => ({ ...block, hosts }));
  const layout = splitAt(where, () => splitBlocks(cut, blockSizes, mostBlocks));
  const numbered = layout.blocks.map((block, index) => ({ ...block, id: `block${index + 1}` }));
  const nameBlocks = await compileBlockNames(blockName, where);
  return { blocks: nameBlocks(numbered), sizes: layout.sizes };
}

function splitAt<T>(where: string, split: () => T): T {
  try {
    return split();
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    throw new TopologyError(error.status, where + error.message);
  }
}
