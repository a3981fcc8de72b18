import { z } from "zod";
import type { Vertex } from "../graph/topology-graph.ts";
import { fabricLevels } from "../infiniband/fabric-levels.ts";
import { mergeSwitches } from "../infiniband/merge-switches.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import { readReply } from "./read-reply.ts";

/** The reply of NetQ's `topologygraph/fetch-topology`, as far as it matters here. Absent and `null` are one to NetQ. */
const TopologyReply = z.array(
  z.object({
    links: z.array(z.object({ id: z.string().nullish() })).nullish(),
    nodes: z
      .array(
        z.object({
          compounded_nodes: z
            .array(z.object({ id: z.string().nullish(), name: z.string().nullish(), tier: z.int().nullish() }))
            .nullish(),
        }),
      )
      .nullish(),
  }),
);

/** What NetQ calls the tier of hosts; switches have 0 and more, the closest first. */
const hostTier = -1;

interface NetqNode {
  readonly id: string;
  readonly name: string;
  readonly tier: number;
}

/**
 * The trees above these hosts in a reply of NetQ; a host with no switch above it is a tree of its own. Switches of one
 * distance with the same children are merged. Throws `TopologyError` (502) where the reply cannot be read.
 */
export function netqTrees(
  reply: string,
  hostNames: ReadonlySet<string>,
  warn: (message: string) => void,
): readonly Vertex[] {
  const entries = readReply(TopologyReply, reply, "netq output read failed: ");
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) {
    throw new TopologyError(502, "invalid NetQ response: multiple entries");
  }
  const nodes = new Map<string, NetqNode>();
  for (const { compounded_nodes } of entry.nodes ?? []) {
    for (const { id, name, tier } of compounded_nodes ?? []) {
      nodes.set(id ?? "", { id: id ?? "", name: name ?? "", tier: tier ?? 0 });
    }
  }
  const hosts = [...nodes.values()].filter(({ name, tier }) => tier === hostTier && hostNames.has(name));
  const links = linksUp(
    nodes,
    (entry.links ?? []).map(({ id }) => id ?? ""),
    warn,
  );

  const vertexOf = (id: string, children: ReadonlyMap<string, Vertex>): Vertex => ({
    id,
    name: nodes.get(id)?.name ?? "",
    children,
  });
  const levelled = fabricLevels(
    hosts.map(({ id }) => id),
    links,
  );
  const orphans = hosts.filter(({ id }) => (links.get(id)?.size ?? 0) === 0);
  return [
    ...levelled.flatMap((levels) => mergeSwitches(levels, vertexOf)),
    ...orphans.map(({ id }) => vertexOf(id, new Map())),
  ];
}

/** Ids of the switches of higher tiers that a node is linked to. */
function linksUp(
  nodes: ReadonlyMap<string, NetqNode>,
  ids: readonly string[],
  warn: (message: string) => void,
): ReadonlyMap<string, ReadonlySet<string>> {
  const links = new Map<string, Set<string>>();
  for (const id of ids) {
    const [one, other, ...more] = id.split("-*-");
    if (one === undefined || other === undefined || more.length > 0) {
      warn(`invalid link ID ${quoteGo(id)}`);
      continue;
    }
    const [oneTier, otherTier] = [nodes.get(one)?.tier ?? 0, nodes.get(other)?.tier ?? 0];
    if (oneTier === otherTier) {
      warn(`invalid link ID ${quoteGo(id)}: nodes belong to the same tier ${oneTier}`);
      continue;
    }
    const [low, high] = oneTier < otherTier ? [one, other] : [other, one];
    if ((nodes.get(high)?.tier ?? hostTier) === hostTier) {
      warn(`node ID ${quoteGo(high)} not found`);
      continue;
    }
    const above = links.get(low);
    if (above === undefined) links.set(low, new Set([high]));
    else above.add(high);
  }
  return links;
}
