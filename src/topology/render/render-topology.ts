import { layoutTree, type LaidNode, type TreeLayout } from "../graph/layout-tree.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";
import { nameList } from "../names/compress-names.ts";
import { compileBlockNames } from "./block-names.ts";
import { renderBlocks } from "./block-text.ts";
import { domainBlocks, type DomainBlock } from "./domain-blocks.ts";
import { cutTopologies, type TopologyUnit } from "./partition-topologies.ts";
import { switchPath } from "./partition-tree.ts";
import { treePlugin, type RenderConfig } from "./render-config.ts";
import { refuseLineBreaksInDomains, refuseLineBreaksInTree } from "./refuse-line-breaks.ts";
import { refuseUnrenderable } from "./refuse-unrenderable.ts";
import { splitBlocks, type Block } from "./split-blocks.ts";
import { renderUnit, type Skeleton } from "./topologies-yaml.ts";
import { renderTree } from "./tree.ts";
import { blocksForNewSlurm, switchForOldSlurm, unreadableBlocks, unreadableSwitch } from "./unreadable-by-slurm.ts";

export interface RenderOptions {
  /** What stays true when nodes come and go: no nodes, or (`"roots"`) of a tree its first switches alone. */
  readonly skeleton?: Skeleton;
}

/** A topology as Slurm reads it, and the place of each node in it. */
export interface RenderedTopology {
  /** The file. */
  readonly text: string;
  /** Why Slurm would end on reading it, where it would: Topograph writes such files, too. */
  readonly unreadable: string | undefined;
  /** Why some releases of Slurm would end on reading it, where others do not. */
  readonly unreadableBySome?: string | undefined;
  /**
   * Tells the place of each node as the annotation `topology.slinky.slurm.net/spec` gives it: `default:block002`,
   * `default:core:spine:leaf`, `t1:core:leaf,t2:block2`; empty for a node that is not in the graph.
   */
  readonly nodeSpecs: () => Promise<NodeSpecs>;
}

export type NodeSpecs = (nodeName: string) => string;

/** As many blocks as one output may have. Slurm itself takes 65,536 nodes. */
const mostBlocks = 1_000_000;

/** As many nodes as all topologies may name: a short request with many topologies of large ranges would take minutes. */
const mostNames = 20_000_000;

/**
 * Writes a graph for Slurm: `topology.conf` with a tree or with blocks, or `topology.yaml` where there are topologies.
 * Throws `TopologyError` (400) for a graph or a configuration of which nothing can be written.
 */
export async function renderTopology(
  graph: TopologyGraph | undefined,
  config: RenderConfig,
  options: RenderOptions = {},
): Promise<RenderedTopology> {
  refuseUnrenderable(graph, config);
  const known: TopologyGraph = graph ?? {};
  const layout = layoutTree(known);
  const ranges = config.compress;
  const { skeleton = false } = options;
  // A name alone is no range; blocks of one node are many.
  const namesText = (names: readonly string[]): string =>
    names.length === 1 ? (names[0] ?? "") : nameList(names, { ranges });
  if (config.plugin === treePlugin) {
    refuseLineBreaksInTree(layout);
    return {
      text: renderTree(layout, { skeleton, ranges }),
      unreadable: unreadableSwitch(layout.switches),
      unreadableBySome: switchForOldSlurm(layout.switches),
      nodeSpecs: () => Promise.resolve((name) => pathSpec(layout.nodesByName.get(name))),
    };
  }
  const domains = onFirstUse(() => blocksOf(known, layout));
  const isKnown = nodesKnown(known, layout, domains);
  if (config.topologies.size > 0) {
    // Units are large and made anew for their specs, which few ask for.
    const units = () => cutTopologies(config.topologies, { layout, domains, isKnown, mostBlocks, mostNames });
    const texts: string[] = [];
    let unreadable: string | undefined;
    for await (const unit of units()) {
      texts.push(renderUnit(unit, namesText, skeleton));
      unreadable ??= unreadableUnit(unit);
    }
    return { text: texts.join(""), unreadable, nodeSpecs: () => unitSpecs(units()) };
  }
  refuseLineBreaksInDomains(domains());
  const split = splitBlocks(domains(), config.blockSizes, mostBlocks);
  const nameBlocks = await compileBlockNames(config.blockName);
  const layoutOfBlocks = { blocks: nameBlocks(split.blocks), sizes: split.sizes };
  return {
    text: renderBlocks(layoutOfBlocks, skeleton === false ? namesText : undefined),
    unreadable: unreadableBlocks(layoutOfBlocks),
    unreadableBySome: blocksForNewSlurm(layoutOfBlocks),
    nodeSpecs: () => Promise.resolve(blockSpecs(layoutOfBlocks.blocks, isKnown)),
  };
}

function blocksOf({ root, domains }: TopologyGraph, layout: TreeLayout): readonly DomainBlock[] {
  if (domains === undefined) return [];
  return domainBlocks(domains, root === undefined ? undefined : layout.nodes.map(({ name }) => name));
}

/** Nodes are those of the tree; without one, those of the domains. */
function nodesKnown(
  { root }: TopologyGraph,
  layout: TreeLayout,
  domains: () => readonly DomainBlock[],
): (nodeName: string) => boolean {
  if (root !== undefined) return (name) => layout.nodesByName.has(name);
  const names = onFirstUse(() => new Set(domains().flatMap(({ hosts }) => hosts.map(({ nodeName }) => nodeName))));
  return (name) => names().has(name);
}

function pathSpec(node: LaidNode | undefined): string {
  return node === undefined ? "" : `default:${switchPath(node)}`;
}

function blockSpecs(blocks: readonly Block[], isKnown: (nodeName: string) => boolean): NodeSpecs {
  const ids = new Map<string, string>();
  for (const { id, nodes } of blocks) for (const node of nodes) ids.set(node, id);
  return (name) => (isKnown(name) ? `default:${ids.get(name) ?? ""}` : "");
}

/** Each node's places in the topologies that have it: `t1:core:leaf,t2:block2`. */
async function unitSpecs(units: AsyncIterable<TopologyUnit>): Promise<NodeSpecs> {
  const specs = new Map<string, string>();
  const add = (node: string, topology: string, place: string): void => {
    if (place === "") return;
    const others = specs.get(node);
    specs.set(node, `${others === undefined ? "" : `${others},`}${topology}:${place}`);
  };
  for await (const { name, tree, blocks } of units) {
    for (const node of tree?.nodes ?? []) add(node.name, name, switchPath(node));
    for (const { id, nodes } of blocks?.blocks ?? []) for (const node of nodes) add(node, name, id);
  }
  return (name) => specs.get(name) ?? "";
}

function unreadableUnit({ tree, blocks }: TopologyUnit): string | undefined {
  return tree === undefined ? blocks && unreadableBlocks(blocks) : unreadableSwitch(tree.switches);
}

function onFirstUse<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
