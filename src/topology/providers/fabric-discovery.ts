import type { ComputeInstances, Vertex } from "../graph/topology-graph.ts";
import { fabricTrees } from "../infiniband/fabric-tree.ts";
import { isIbnetdiscoverText, parseIbnetdiscover } from "../infiniband/ibnetdiscover.ts";
import type { SwitchSelector } from "../infiniband/switch-selector.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";

/** A port of an InfiniBand adapter of a node. */
export interface IbPort {
  readonly adapter: string;
  readonly port: string;
}

/** How commands reach a node. Every method throws `Error` where the node does not answer. */
export interface FabricProbe {
  /** The output of `ibnetdiscover` through the first port, or through the given one. */
  discover(node: string, port: IbPort | undefined, signal: AbortSignal): Promise<string>;
  /** What `activePortsScript` prints there. */
  activePorts(node: string, signal: AbortSignal): Promise<string>;
}

/** A script of sh that prints a line `adapter port` for every port that has a link. */
export const activePortsScript =
  "for p in /sys/class/infiniband/*/ports/*; do " +
  '[ -f "$p/state" ] || continue; ' +
  'case "$(cat "$p/state")" in *ACTIVE*) a="${p%/ports/*}"; echo "${a##*/} ${p##*/}";; esac; done';

/** Reads what the script printed, in the order of adapter and port. Throws `Error` for a line of another form. */
export function parseActivePorts(text: string): readonly IbPort[] {
  const ports: IbPort[] = [];
  for (const line of text.trim().split("\n")) {
    if (line === "") continue;
    // They become arguments of a command on the node.
    const [, adapter, port] = /^\s*([A-Za-z0-9_.-]+)\s+([0-9]+)\s*$/.exec(line) ?? [];
    if (adapter === undefined || port === undefined) throw new Error(`invalid IB port listing ${quoteGo(line)}`);
    ports.push({ adapter, port });
  }
  return ports.sort((a, b) => compareBytes(a.adapter, b.adapter) || compareBytes(a.port, b.port));
}

/** Refuses requests of more than one region. Throws `TopologyError` (400). */
export function requireOneRegion(instances: readonly ComputeInstances[]): void {
  if (instances.length > 1) {
    throw new TopologyError(400, "on-prem does not support multi-region topology requests");
  }
}

/**
 * The trees of all fabrics that the requested nodes are connected to, under the hidden root. One node is asked of each
 * fabric; where switches are selected, every port of it, for its ports may lead to fabrics of different purpose. Nodes that
 * do not answer are told and passed over. Throws `TopologyError`: 502 where none answers; 500 where the selector leaves
 * nothing, or ports disagree on who stands under which leaf.
 */
export async function discoverFabrics(
  probe: FabricProbe,
  instances: readonly ComputeInstances[],
  selector: SwitchSelector | undefined,
  { log }: Pick<TopologyHost, "log">,
  signal: AbortSignal,
): Promise<Vertex> {
  const requested = new Set(instances.flatMap((region) => [...region.instances.values()]));
  const visited = new Set<string>();
  const roots = new Map<string, Vertex>();
  const leafGroups = new LeafGroups();
  let firstFailure: string | undefined;
  let isAnswered = false;
  const note = (failure: string): void => {
    firstFailure ??= failure;
    log("warning", failure);
  };

  for (const node of [...requested].sort(compareBytes)) {
    if (visited.has(node)) continue;
    for await (const output of outputsOf(probe, node, selector !== undefined, note, signal)) {
      if (!isIbnetdiscoverText(output)) {
        note(`Missing ibnetdiscover output for node ${quoteGo(node)}`);
        continue;
      }
      isAnswered = true;
      const fabric = parseIbnetdiscover(output);
      const trees = fabricTrees(fabric, requested, selector);
      if (selector === undefined) {
        for (const host of fabric.adapters.values()) visited.add(host);
      } else if (leafGroups.add(trees)) {
        for (const host of leafGroups.hosts) visited.add(host);
      } else {
        continue;
      }
      for (const tree of trees) roots.set(tree.id, tree);
    }
  }
  if (selector !== undefined && roots.size === 0) {
    throw failed("switchSelector matched no usable InfiniBand topology");
  }
  if (!isAnswered && requested.size > 0) {
    const message = `no InfiniBand fabric was found from any of ${requested.size} nodes: ${firstFailure ?? "none answered"}`;
    throw new TopologyError(502, message);
  }
  const lost = notIn(roots.values(), requested);
  if (lost.length > 0) {
    const shown = lost.slice(0, 10).join(", ") + (lost.length > 10 ? ", …" : "");
    log("warning", `${lost.length} of ${requested.size} nodes stand in no InfiniBand fabric: ${shown}`);
  }
  return { id: "", name: "", children: roots };
}

/** Those hosts that none of the trees holds, in the order of their names. */
function notIn(trees: Iterable<Vertex>, hosts: ReadonlySet<string>): readonly string[] {
  const left = new Set(hosts);
  const seen = new Set<Vertex>(trees);
  // The set grows while it is walked; what has several parents is in it once.
  for (const { children, name } of seen) {
    if (children.size === 0) left.delete(name);
    for (const child of children.values()) seen.add(child);
  }
  return [...left].sort(compareBytes);
}

async function* outputsOf(
  probe: FabricProbe,
  node: string,
  isPerPort: boolean,
  note: (failure: string) => void,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const attempt = async <T>(doing: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      // What is wrong with the request is wrong for every node.
      if (error instanceof TopologyError && error.status === 400) throw error;
      note(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  if (!isPerPort) {
    const output = await attempt("failed to run ibnetdiscover", () => probe.discover(node, undefined, signal));
    if (output !== undefined) yield output;
    return;
  }
  const ports = await attempt(`failed to list active IB ports on ${quoteGo(node)}`, async () =>
    parseActivePorts(await probe.activePorts(node, signal)),
  );
  for (const port of ports ?? []) {
    const doing = `failed to run ibnetdiscover on ${quoteGo(node)} port ${port.adapter}/${port.port}`;
    const output = await attempt(doing, () => probe.discover(node, port, signal));
    if (output !== undefined) yield output;
  }
}

/** Who stands under one leaf with whom: ports of one fabric tell the same of it, and count once. */
class LeafGroups {
  /** The names under a host's leaf, as one text, by the host. */
  readonly #groups = new Map<string, string>();

  get hosts(): Iterable<string> {
    return this.#groups.keys();
  }

  /** Whether these trees are news. Throws `TopologyError` (500) where they contradict earlier ones, or themselves. */
  add(trees: readonly Vertex[]): boolean {
    const groups = groupsOf(trees);
    let known = 0;
    for (const [host, peers] of groups) {
      const earlier = this.#groups.get(host);
      if (earlier === undefined) continue;
      known++;
      if (earlier !== peers) throw failed(`selected IB ports give conflicting leaf groups for node ${quoteGo(host)}`);
    }
    if (known > 0 && known < groups.size) {
      throw failed("selected IB ports have overlapping but incomplete node sets");
    }
    if (known > 0) return false;
    for (const [host, peers] of groups) this.#groups.set(host, peers);
    return true;
  }
}

function groupsOf(trees: readonly Vertex[]): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  const waiting = [...trees];
  for (let vertex = waiting.pop(); vertex !== undefined; vertex = waiting.pop()) {
    const hosts: string[] = [];
    for (const child of vertex.children.values()) {
      if (child.children.size > 0) waiting.push(child);
      else hosts.push(child.name);
    }
    const peers = hosts.sort(compareBytes).join("\n");
    for (const host of hosts) {
      const earlier = groups.get(host);
      if (earlier !== undefined && earlier !== peers) {
        throw failed(`node ${quoteGo(host)} appears under conflicting IB leaf switches`);
      }
      groups.set(host, peers);
    }
  }
  return groups;
}

function failed(reason: string): TopologyError {
  return new TopologyError(500, `getIbTree failed: ${reason}`);
}
