import { SluiceError } from "../../errors.ts";
import type { DomainHost, TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import type { WrittenBlock, WrittenSwitch, WrittenTopology } from "./written-topology.ts";

/**
 * The graph that a written topology describes: its switches as a tree, its blocks as accelerator domains, under the names of the
 * comments above them where there are any. Nodes are their own instances. Throws `CONFIG_INVALID` with the line for switches that
 * are no tree; `checkTopology` says all that is wrong.
 */
export function graphOfWritten({ switches, blocks }: WrittenTopology): TopologyGraph {
  const root = switches.length === 0 ? undefined : treeOf(switches);
  const domains = domainsOf(blocks);
  return { ...(root !== undefined && { root }), ...(domains.size > 0 && { domains }) };
}

interface GrowingVertex extends Vertex {
  readonly children: Map<string, Vertex>;
}

function treeOf(switches: readonly WrittenSwitch[]): Vertex {
  const byName = new Map<string, GrowingVertex>();
  for (const { name, label, line } of switches) {
    if (byName.has(name)) throw refused(line, `switch ${name} is defined a second time`);
    byName.set(name, { id: label ?? name, name: label === undefined ? "" : name, children: new Map() });
  }
  const parents = new Map<string, string>();
  for (const { name, line, switches: children, nodes } of switches) {
    if (children.length === 0 && nodes.length === 0) {
      throw refused(line, `switch ${name} has neither switches nor nodes`);
    }
    const vertex = byName.get(name);
    for (const child of children) {
      const below = byName.get(child);
      if (below === undefined) throw refused(line, `switch ${name} has a child ${child} that no line defines`);
      if (parents.has(child)) throw refused(line, `switch ${child} is a child of ${name} and of ${parents.get(child)}`);
      parents.set(child, name);
      vertex?.children.set(below.id, below);
    }
    for (const node of nodes) vertex?.children.set(node, { id: node, name: node, children: noChildren });
  }
  const roots = switches.flatMap(({ name }) => (parents.has(name) ? [] : (byName.get(name) ?? [])));
  checkReach(switches, parents);
  return { id: "", name: "", children: new Map(roots.map((vertex) => [vertex.id, vertex])) };
}

/** Every switch must be below a root: what hangs in a ring is below none. */
function checkReach(switches: readonly WrittenSwitch[], parents: ReadonlyMap<string, string>): void {
  const safe = new Set<string>();
  for (const { name, line } of switches) {
    const way = new Set<string>();
    for (let at: string | undefined = name; at !== undefined && !safe.has(at); at = parents.get(at)) {
      if (way.has(at)) throw refused(line, `the way up from switch ${at} leads back to it`);
      way.add(at);
    }
    for (const passed of way) safe.add(passed);
  }
}

function domainsOf(blocks: readonly WrittenBlock[]): Map<string, Map<string, DomainHost>> {
  const domains = new Map<string, Map<string, DomainHost>>();
  for (const { name, label, nodes } of blocks) {
    // Such a block fills a level up; it is no domain.
    if (nodes.length === 0) continue;
    const domain = label ?? name;
    const hosts = domains.get(domain) ?? new Map<string, DomainHost>();
    domains.set(domain, hosts);
    for (const node of nodes) hosts.set(node, { domain, instanceId: node, nodeName: node });
  }
  return domains;
}

const noChildren: ReadonlyMap<string, Vertex> = new Map();

function refused(line: number, problem: string): SluiceError {
  return new SluiceError(
    "CONFIG_INVALID",
    `line ${line}: ${problem}; \`sluice topology check\` says all that is wrong`,
    {
      details: { line },
    },
  );
}
