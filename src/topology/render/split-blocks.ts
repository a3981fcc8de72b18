import type { DomainHost } from "../graph/topology-graph.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import { TopologyError } from "../topology-error.ts";
import { doublingBlockSizes, powerOfTwoBlocks } from "./block-sizes.ts";
import type { DomainBlock } from "./domain-blocks.ts";

/** A block as it is written. */
export interface Block {
  readonly id: string;
  /** The domain or sub-domain of its nodes, as comments show it; empty for a block that only keeps a place. */
  readonly domain: string;
  readonly nodes: readonly string[];
}

export interface BlockLayout {
  readonly blocks: readonly Block[];
  readonly sizes: readonly number[];
}

/** Nodes that share blocks with no others. */
interface Group {
  readonly name: string;
  readonly hosts: readonly DomainHost[];
  /** How many blocks it takes; those behind its nodes stay empty. */
  readonly slots: number;
}

/** A domain's groups, and the blocks that it takes in all. */
interface DomainPlan {
  readonly groups: readonly Group[];
  readonly slots: number;
}

/**
 * Blocks of at most the first size, placed so that no level of blocks above holds nodes of two domains that fit into
 * levels of their own; empty blocks keep the places. Without sizes they follow from the sub-domains, and where there are
 * none of these either, domains stay the blocks that they are.
 *
 * Sizes decide how many empty blocks are needed, which can be thousands for each node: more than `mostBlocks` in all are
 * refused with a `TopologyError` (400) before any is made.
 */
export function splitBlocks(
  domains: readonly DomainBlock[],
  requestedSizes: readonly number[],
  mostBlocks: number,
): BlockLayout {
  const sizes = requestedSizes.length > 0 ? requestedSizes : subDomainSizes(domains);
  const [baseSize] = sizes;
  if (baseSize === undefined || domains.length === 0) return wholeDomains(domains, sizes);
  const ordered = domains.toSorted((a, b) => compareBytes(a.domain, b.domain));
  const plans = planDomains(ordered, sizes, baseSize);
  const slots = rootSlots(plans, sizes, baseSize);
  if (slots > mostBlocks) {
    const nodes = domains.reduce((sum, { hosts }) => sum + hosts.length, 0);
    throw new TopologyError(
      400,
      `blockSizes ${sizes.join(",")} would need ${slots} blocks for ${nodes} nodes; at most ${mostBlocks} can be written`,
    );
  }
  return { blocks: fillBlocks(plans, slots, baseSize), sizes };
}

function wholeDomains(domains: readonly DomainBlock[], sizes: readonly number[]): BlockLayout {
  const blocks = domains.map(({ id, domain, hosts }) => ({ id, domain, nodes: hosts.map(({ nodeName }) => nodeName) }));
  return { blocks, sizes: sizes.length > 0 ? sizes : doublingBlockSizes(blocks.map(({ nodes }) => nodes.length)) };
}

/** The largest sub-domain, and what of it holds the largest domain; nothing where no node is in a sub-domain. */
function subDomainSizes(domains: readonly DomainBlock[]): readonly number[] {
  let largestDomain = 0;
  let largestSubDomain = 0;
  for (const { hosts } of domains) {
    largestDomain = Math.max(largestDomain, hosts.length);
    const counts = new Map<string, number>();
    for (const { subDomain = "" } of hosts) {
      if (subDomain === "") continue;
      const count = (counts.get(subDomain) ?? 0) + 1;
      counts.set(subDomain, count);
      largestSubDomain = Math.max(largestSubDomain, count);
    }
  }
  if (largestSubDomain === 0) return [];
  const blocks = powerOfTwoBlocks(largestDomain, largestSubDomain);
  return blocks === 1 ? [largestSubDomain] : [largestSubDomain, blocks * largestSubDomain];
}

function planDomains(
  domains: readonly DomainBlock[],
  sizes: readonly number[],
  baseSize: number,
): readonly DomainPlan[] {
  const largestDomain = domains.reduce((largest, { hosts }) => Math.max(largest, hosts.length), 0);
  const hasSubDomains = domains.map(({ hosts }) => hosts.some(({ subDomain = "" }) => subDomain !== ""));
  const singleLevel = !hasSubDomains.includes(true);
  return domains.map(({ domain, hosts }, index) => {
    if (hasSubDomains[index] === true) return planSubDomains(domain, hosts, largestDomain, sizes, baseSize);
    const ownSlots = singleLevel ? sizes.length === 1 : lastOf(sizes) < largestDomain;
    const slots = ownSlots ? Math.ceil(hosts.length / baseSize) : powerOfTwoBlocks(largestDomain, baseSize);
    return { groups: [{ name: domain, hosts, slots }], slots };
  });
}

function planSubDomains(
  domain: string,
  hosts: readonly DomainHost[],
  largestDomain: number,
  sizes: readonly number[],
  baseSize: number,
): DomainPlan {
  const bySubDomain = new Map<string, DomainHost[]>();
  for (const host of hosts) {
    // Nodes without a sub-domain are together under the name of the domain.
    const name = host.subDomain === undefined || host.subDomain === "" ? domain : host.subDomain;
    const group = bySubDomain.get(name);
    if (group === undefined) bySubDomain.set(name, [host]);
    else group.push(host);
  }
  const members = [...bySubDomain].toSorted(([a], [b]) => compareBytes(a, b));
  const largest = members.reduce((most, [, { length }]) => Math.max(most, length), 0);
  const last = lastOf(sizes);
  const groups = members.map(([name, group]) => ({
    name,
    hosts: group,
    slots: last < largest ? Math.ceil(group.length / baseSize) : powerOfTwoBlocks(largest, baseSize),
  }));
  const needed = groups.reduce((sum, { slots }) => sum + slots, 0);
  const least = powerOfTwoBlocks(Math.min(last, largestDomain), baseSize);
  if (needed <= least || sizes.length < 2) return { groups, slots: Math.max(needed, least) };
  // Sub-domains need more than their domain's share: it ends where a level above ends.
  const level = sizes.slice(1).find((size) => size >= needed * baseSize) ?? needed * baseSize;
  return { groups, slots: roundUp(needed, powerOfTwoBlocks(level, baseSize)) };
}

/** All blocks, with the empty ones that the largest level needs to be complete. */
function rootSlots(plans: readonly DomainPlan[], sizes: readonly number[], baseSize: number): number {
  const total = plans.reduce((sum, { slots }) => sum + slots, 0);
  const lastSlots = lastOf(sizes) / baseSize;
  if (total % lastSlots === 0) return total;
  const share = plans.reduce((divisor, { slots }) => greatestCommonDivisor(divisor, slots), 0);
  return roundUp(total, (share / greatestCommonDivisor(share, lastSlots)) * lastSlots);
}

function fillBlocks(plans: readonly DomainPlan[], slots: number, baseSize: number): readonly Block[] {
  const blocks: Block[] = [];
  const add = (domain: string, hosts: readonly DomainHost[]): void => {
    const id = `block${String(blocks.length + 1).padStart(3, "0")}`;
    blocks.push({ id, domain, nodes: hosts.map(({ nodeName }) => nodeName) });
  };
  const padTo = (count: number): void => {
    while (blocks.length < count) add("", []);
  };
  let end = 0;
  for (const plan of plans) {
    let groupEnd = end;
    for (const { name, hosts, slots: groupSlots } of plan.groups) {
      for (let start = 0, part = 1; start < hosts.length; start += baseSize, part++) {
        add(shownDomain(name, part), hosts.slice(start, start + baseSize));
      }
      groupEnd += groupSlots;
      padTo(groupEnd);
    }
    end += plan.slots;
    padTo(end);
  }
  padTo(slots);
  return blocks;
}

/** What stands before the first `/`, `#` or `+`; where nothing does, the whole name, with its part behind from the second on. */
function shownDomain(name: string, part: number): string {
  const cut = name.search(/[/#+]/);
  if (cut !== 0) return cut < 0 ? name : name.slice(0, cut);
  return part === 1 ? name : `${name}#${part}`;
}

function lastOf(sizes: readonly number[]): number {
  return sizes.at(-1) ?? 0;
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
