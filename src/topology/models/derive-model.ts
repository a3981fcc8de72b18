import { compareBytes } from "../names/compare-bytes.ts";
import { expandNames } from "../names/expand-names.ts";
import { quoteGo } from "../names/quote-go.ts";
import { Inheritance } from "./inheritance.ts";
import { domainAnnotation, regionLabel, subDomainAnnotation, type Model, type ModelPlace } from "./model.ts";
import type { GrowingSwitch } from "./inheritance.ts";
import type { WrittenModel, WrittenSwitch } from "./read-written-model.ts";

/** Ten times the largest cluster that anybody plans. */
const mostNodes = 1_000_000;

/**
 * Works out what a model says by few words: switches that only their parents name, ranges of nodes, what nodes inherit from
 * the switches above them, and regions. Linear in what comes out, which is bounded. Throws `Error` for a block without nodes or
 * with an unknown switch, for a node in two blocks, a switch with two parents and a circle of switches, in this order.
 */
export function deriveModel(written: WrittenModel): Model {
  const switches = allSwitches(written.switches);
  const faults: string[] = [];
  setParents(switches, faults);
  const inheritance = new Inheritance(switches, faults);
  const nodes = new Map<string, ModelPlace>();
  const regions = new Map<string, string[]>();
  for (const [index, block] of written.blocks.entries()) {
    const names = expandNames(block.nodes, { limit: mostNodes - nodes.size });
    if (names.length === 0) throw new Error(`capacity block at index ${index} must declare at least one node`);
    const above = block.switch === "" ? undefined : switches.get(block.switch);
    if (block.switch !== "" && above === undefined) {
      throw new Error(`capacity block at index ${index} references unknown switch ${quoteGo(block.switch)}`);
    }
    const { tiers, labels, annotations } = inheritance.below(above, block);
    const domain = annotations[domainAnnotation] || undefined;
    const subDomain = annotations[subDomainAnnotation] || undefined;
    const place: ModelPlace = { tiers, labels, annotations, domain, subDomain };
    const region = listOf(regions, labels[regionLabel] ?? "");
    let count = nodes.size;
    for (const name of names) {
      nodes.set(name, place);
      if (nodes.size === count) throw new Error(`node ${quoteGo(name)} belongs to more than one capacity block`);
      count += 1;
      above?.nodes.push(name);
      region.push(name);
    }
  }
  inheritance.checkAll();
  if (faults[0] !== undefined) throw new Error(faults[0]);
  const inOrder = Array.from(regions, ([region, names]) => ({ region, nodes: names }));
  return { switches, nodes, regions: inOrder.sort((a, b) => compareBytes(a.region, b.region)) };
}

const nothing: WrittenSwitch = { switches: [], labels: new Map(), annotations: new Map() };

function allSwitches(written: ReadonlyMap<string, WrittenSwitch>): Map<string, GrowingSwitch> {
  const switches = new Map<string, GrowingSwitch>();
  const add = (name: string, own: WrittenSwitch) => {
    switches.set(name, { name, parent: undefined, children: own.switches, nodes: [], own });
  };
  for (const [name, own] of written) add(name, own);
  for (const { switches: children } of written.values()) {
    for (const child of children) if (!switches.has(child)) add(child, nothing);
  }
  return switches;
}

function setParents(switches: ReadonlyMap<string, GrowingSwitch>, faults: string[]): void {
  for (const { name, children } of switches.values()) {
    for (const child of children) {
      const found = switches.get(child);
      if (found?.parent !== undefined) {
        const parents = `${quoteGo(name)} and ${quoteGo(found.parent)}`;
        faults.push(`switch ${quoteGo(child)} has two parent switches ${parents}`);
      } else if (found !== undefined) found.parent = name;
    }
  }
}

function listOf(lists: Map<string, string[]>, key: string): string[] {
  const list = lists.get(key) ?? [];
  if (list.length === 0) lists.set(key, list);
  return list;
}
