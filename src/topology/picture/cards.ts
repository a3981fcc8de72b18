import type { LaidSwitch } from "../graph/layout-tree.ts";
import { nameList } from "../names/compress-names.ts";
import { byDomain, counted, inOrder, switchName, type Fabric, type FabricDomain } from "./fabric.ts";

/** A box of the picture's lowest row: a leaf switch with its nodes, or a switch with all that is below it. */
export interface Card {
  readonly title: string;
  /** How much is in it: `32 nodes`, `16 leaves, 512 nodes`. */
  readonly summary: string;
  readonly bands: readonly Band[];
  /** What bands there was no room for come to; absent where all are shown. */
  readonly more?: string;
  /** The switch above, which the picture draws; absent for a root and for what has no switch. */
  readonly parent?: LaidSwitch;
}

/** A strip of a card, in the colours of the domains of its nodes. */
export interface Band {
  /** Absent where the card's title says it. */
  readonly leaf?: string;
  /** Runs of names as ranges. */
  readonly names: string;
  readonly count: number;
  readonly shares: readonly { readonly domain: FabricDomain | undefined; readonly count: number }[];
}

/** A row of more boxes is not read on a slide. */
const mostCards = 14;
const mostTiers = 6;
/** Strips below each other. */
export const mostBands = 16;
/** Columns of strips in all cards together. */
const mostColumns = 4;

/** Cuts a fabric into as many boxes as a picture can show, as far down as they allow, and says which switches stand above them. */
export function cardsOf(fabric: Fabric): { readonly cards: readonly Card[]; readonly above: readonly LaidSwitch[] } {
  const loose = looseCards(fabric);
  const { roots } = fabric.layout;
  if (roots.length + loose.length > mostCards) return { cards: [rootsCard(fabric), ...loose], above: [] };
  let cut: readonly Part[] = inOrder(roots).map((one): Part => ({ one, whole: true }));
  const above = new Set<LaidSwitch>();
  for (let tier = 1; tier < mostTiers && cut.some(canBeCut); tier += 1) {
    const next = cut.flatMap(partsOf);
    if (next.length + loose.length > mostCards) break;
    for (const { one } of cut.filter(canBeCut)) above.add(one);
    cut = next;
  }
  const columns = Math.max(1, Math.floor(mostColumns / Math.max(1, cut.length + loose.length)));
  return {
    cards: [...cut.map((part) => cardOf(fabric, part, columns)), ...loose],
    above: fabric.layout.switches.filter((one) => above.has(one)),
  };
}

/** A switch with all below it, or its own nodes alone where the switches below stand beside it. */
interface Part {
  readonly one: LaidSwitch;
  readonly whole: boolean;
}

function canBeCut({ one, whole }: Part): boolean {
  return whole && one.switches.length > 0;
}

function partsOf(part: Part): readonly Part[] {
  if (!canBeCut(part)) return [part];
  const { one } = part;
  const own: readonly Part[] = one.nodes.length > 0 ? [{ one, whole: false }] : [];
  return [...own, ...inOrder(one.switches).map((below): Part => ({ one: below, whole: true }))];
}

function cardOf(fabric: Fabric, { one, whole }: Part, columns: number): Card {
  if (canBeCut({ one, whole })) return aggregate(fabric, one, columns * mostBands);
  const names = one.nodes.map(({ name }) => name);
  const parent = whole ? one.parent : one;
  const title = whole ? switchName(one) : `nodes of ${switchName(one)}`;
  return { title, summary: counted(names.length, "node"), ...(parent && { parent }), ...domainBands(fabric, names) };
}

/** A switch with a strip for each leaf or, where those are too many, for each of the switches next below it. */
function aggregate(fabric: Fabric, one: LaidSwitch, most: number): Card {
  const [leaves, nodes] = [fabric.leavesBelow[one.order] ?? 0, fabric.nodesBelow[one.order] ?? 0];
  const strips =
    leaves <= most
      ? leavesOf(one).map((leaf): Part => ({ one: leaf, whole: false }))
      : nextBelow(one).map((below): Part => ({ one: below, whole: true }));
  return {
    title: switchName(one),
    summary: `${counted(leaves, "leaf")}, ${counted(nodes, "node")}`,
    ...stripsOf(fabric, strips, { most, nodes }),
    ...(one.parent && { parent: one.parent }),
  };
}

/** A fabric of many switches side by side. */
function rootsCard(fabric: Fabric): Card {
  const { roots } = fabric.layout;
  const nodes = roots.reduce((sum, { order }) => sum + (fabric.nodesBelow[order] ?? 0), 0);
  return {
    title: counted(roots.length, "switch"),
    summary: counted(nodes, "node"),
    ...stripsOf(
      fabric,
      inOrder(roots).map((one): Part => ({ one, whole: true })),
      { most: mostBands * mostColumns, nodes },
    ),
  };
}

/** A strip for each part; what there is no room for is added up. */
function stripsOf(
  fabric: Fabric,
  parts: readonly Part[],
  { most, nodes }: { readonly most: number; readonly nodes: number },
): Pick<Card, "bands" | "more"> {
  const shown = parts.length > most ? parts.slice(0, most - 1) : parts;
  const bands = shown.map((part) => bandOf(fabric, part));
  const left = parts.length - shown.length;
  const leftNodes = nodes - bands.reduce((sum, { count }) => sum + count, 0);
  return {
    bands,
    ...(left > 0 && { more: `and ${counted(left, "more switch")}, ${counted(leftNodes, "node")}` }),
  };
}

function bandOf(fabric: Fabric, { one, whole }: Part): Band {
  const leaves = whole ? leavesOf(one) : [one];
  const names = leaves.flatMap(({ nodes }) => nodes.map(({ name }) => name));
  const shares = byDomain(fabric, names).map((group) => ({ domain: group.domain, count: group.names.length }));
  return { leaf: switchName(one), names: nameList(names), count: names.length, shares };
}

/** The switches from this one down that have nodes, in the order of the tree. */
function leavesOf(top: LaidSwitch): readonly LaidSwitch[] {
  const found: LaidSwitch[] = [];
  const stack = [top];
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    if (one.nodes.length > 0) found.push(one);
    for (const below of inOrder(one.switches).toReversed()) stack.push(below);
  }
  return found;
}

/** The first switches below that are several. */
function nextBelow(top: LaidSwitch): readonly LaidSwitch[] {
  let { switches } = top;
  for (
    let [only] = switches;
    only !== undefined && switches.length === 1 && only.switches.length > 0;
    [only] = switches
  ) {
    switches = only.switches;
  }
  return inOrder(switches);
}

/** Nodes that no switch has: a card for each domain, or one for all. */
function looseCards(fabric: Fabric): readonly Card[] {
  const stray = fabric.layout.nodes.filter(({ parent }) => parent === undefined).map(({ name }) => name);
  const names = [...stray, ...fabric.unswitched];
  if (names.length === 0) return [];
  const groups = byDomain(fabric, names);
  if (fabric.layout.roots.length > 0) {
    return [{ title: "no switch", summary: counted(names.length, "node"), ...domainBands(fabric, names) }];
  }
  if (groups.length > mostCards) return [domainsCard(groups, names.length)];
  return groups.map((group) => ({
    title: group.domain?.name ?? "no domain",
    summary: counted(group.names.length, "node"),
    ...domainBands(fabric, group.names),
  }));
}

/** Many domains and no switch: a strip for each domain. */
function domainsCard(groups: ReturnType<typeof byDomain>, nodes: number): Card {
  const most = mostBands * mostColumns;
  const shown = groups.length > most ? groups.slice(0, most - 1) : groups;
  const bands = shown.map(({ domain, names }): Band => ({
    leaf: domain?.name ?? "no domain",
    names: nameList(names),
    count: names.length,
    shares: [{ domain, count: names.length }],
  }));
  return {
    title: counted(groups.length, "domain"),
    summary: counted(nodes, "node"),
    bands,
    ...(groups.length > shown.length && { more: `and ${counted(groups.length - shown.length, "more domain")}` }),
  };
}

function domainBands(fabric: Fabric, names: readonly string[]): Pick<Card, "bands" | "more"> {
  const groups = byDomain(fabric, names);
  const shown = groups.length > mostBands ? groups.slice(0, mostBands - 1) : groups;
  return {
    bands: shown.map((group) => ({
      names: nameList(group.names),
      count: group.names.length,
      shares: [{ domain: group.domain, count: group.names.length }],
    })),
    ...(groups.length > shown.length && { more: `and ${counted(groups.length - shown.length, "more domain")}` }),
  };
}
