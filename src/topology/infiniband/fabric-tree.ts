import type { Vertex } from "../graph/topology-graph.ts";
import { fabricLevels } from "./fabric-levels.ts";
import type { IbFabric, IbSwitch } from "./ibnetdiscover.ts";
import { mergeSwitches } from "./merge-switches.ts";
import type { SwitchSelector } from "./switch-selector.ts";

/**
 * The trees of a fabric above these hosts, roots in the order of their ids. A switch with an adapter of one of the hosts
 * is a leaf, whatever else is connected to it; a switch that is connected to leaves stands above them, and so on. A host's
 * vertex has its name for an id too.
 */
export function fabricTrees(
  fabric: IbFabric,
  hosts: ReadonlySet<string>,
  selector?: SwitchSelector,
): readonly Vertex[] {
  const switches = selector === undefined ? fabric.switches : selectSwitches(fabric, hosts, selector);
  const links = new Map<string, string[]>();
  const found = new Set<string>();
  for (const { id, neighbours } of switches.values()) {
    for (const neighbour of neighbours) {
      const host = fabric.adapters.get(neighbour);
      if (host !== undefined && !hosts.has(host)) continue;
      if (host !== undefined) found.add(host);
      // A host may be named as a switch is; the mark keeps them apart until the vertices are made.
      const from = host === undefined ? neighbour : hostMark + host;
      const above = links.get(from);
      if (above === undefined) links.set(from, [id]);
      else above.push(id);
    }
  }
  const marked = Array.from(found, (host) => hostMark + host);
  return fabricLevels(marked, links)
    .flatMap((levels) => mergeSwitches(levels, vertexOf))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

const hostMark = "\0";

function vertexOf(id: string, children: ReadonlyMap<string, Vertex>): Vertex {
  if (!id.startsWith(hostMark)) return { id, name: "", children: unmarked(children) };
  const host = id.slice(hostMark.length);
  return { id: host, name: host, children };
}

function unmarked(children: ReadonlyMap<string, Vertex>): ReadonlyMap<string, Vertex> {
  return new Map(Array.from(children.values(), (child) => [child.id, child]));
}

/** The leaves that the selector accepts, and all switches that are reached from them without passing one that it does not. */
function selectSwitches(
  { switches, adapters }: IbFabric,
  hosts: ReadonlySet<string>,
  selector: SwitchSelector,
): ReadonlyMap<string, IbSwitch> {
  const isLeaf = ({ neighbours }: IbSwitch): boolean =>
    [...neighbours].some((id) => {
      const host = adapters.get(id);
      return host !== undefined && hosts.has(host);
    });
  const isAccepted = new Map<string, boolean>();
  const accepts = (candidate: IbSwitch): boolean => {
    const known = isAccepted.get(candidate.id);
    if (known !== undefined) return known;
    const { name } = candidate;
    const accepted = !selector.excludes(name) && (!isLeaf(candidate) || selector.acceptsLeaf(name));
    isAccepted.set(candidate.id, accepted);
    return accepted;
  };

  const selected = new Map<string, IbSwitch>();
  for (const leaf of switches.values()) if (isLeaf(leaf) && accepts(leaf)) selected.set(leaf.id, leaf);
  // The map grows while it is walked: it is the queue of the walk.
  for (const { neighbours } of selected.values()) {
    for (const id of neighbours) {
      const neighbour = switches.get(id);
      if (neighbour !== undefined && !selected.has(id) && accepts(neighbour)) selected.set(id, neighbour);
    }
  }
  return selected;
}
