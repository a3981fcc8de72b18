import { Buffer } from "node:buffer";
import { quoteGo } from "../names/quote-go.ts";
import type { BlockLayout } from "./split-blocks.ts";

interface NamedSwitch {
  readonly id: string;
  /** What is shown in place of the id, where it is not empty. */
  readonly name?: string;
}

interface ListedSwitch extends NamedSwitch {
  readonly switches: readonly unknown[];
  readonly nodes: readonly unknown[];
}

/** A name ends at a blank or `#`; after a comma another begins, brackets are ranges, and a backslash at the end joins lines. */
const noSwitchName = /[\s#,[]|^"|\\$/;

/** Names of blocks are in lists of the controller's own making alone. */
const noBlockName = /[\s#[]|\\$/;

/** Bytes that the name of a switch may have from Slurm 24.11 on (`HOST_NAME_MAX`). */
const longestSwitchName = 64;

/**
 * Why Slurm would not read a tree, where it would not. slurmctld ends with `Switch (c) has already been defined`, or `has
 * both child switches and nodes`, when it meets a switch that has both, as those of fabrics of mixed depth have; and with
 * `has invalid child` where it reads a name otherwise.
 */
export function unreadableSwitch(switches: readonly ListedSwitch[]): string | undefined {
  for (const at of switches) {
    if (at.switches.length > 0 && at.nodes.length > 0) {
      return `switch ${quoteGo(shownName(at))} has both switches and nodes, which Slurm's topology/tree does not read`;
    }
    if (noSwitchName.test(shownName(at)))
      return `Slurm does not read the name of switch ${quoteGo(shownName(at))} as it is`;
  }
  return undefined;
}

/** Why Slurm from 24.11 on would not read a tree that older releases read. */
export function switchForOldSlurm(switches: readonly NamedSwitch[]): string | undefined {
  const long = switches.find((at) => Buffer.byteLength(shownName(at)) > longestSwitchName);
  if (long === undefined) return undefined;
  const what = `the name of switch ${quoteGo(shownName(long))} is longer than ${longestSwitchName} bytes`;
  return `${what}; Slurm from 24.11 on does not start with it`;
}

/**
 * Why Slurm would not read blocks, where it would not: it counts their levels from 0 to 15, each twice the one before, and
 * reads some names otherwise.
 */
export function unreadableBlocks({ blocks, sizes }: BlockLayout): string | undefined {
  const [smallest = 1] = sizes;
  if ((sizes.at(-1) ?? smallest) / smallest > 2 ** 15) {
    return `blockSizes ${sizes.join(",")} span more than the 16 levels that Slurm's topology/block reads`;
  }
  const misread = blocks.find(({ id }) => noBlockName.test(id));
  return misread && `Slurm does not read the name of block ${quoteGo(misread.id)} as it is`;
}

/**
 * Why Slurm before 25.05 would not read blocks that newer releases read: its plugin wants the smallest size of nodes in
 * each (block_record.c, "children count lower than bblock_node_cnt").
 */
export function blocksForNewSlurm({ blocks, sizes: [smallest = 0] }: BlockLayout): string | undefined {
  const short = blocks.find(({ nodes }) => nodes.length < smallest);
  if (short === undefined) return undefined;
  const has = `has ${short.nodes.length} of the ${smallest} nodes that BlockSizes begins with`;
  return `block ${quoteGo(short.id)} ${has}; Slurm before 25.05 does not start with it`;
}

function shownName({ id, name = "" }: NamedSwitch): string {
  return name === "" ? id : name;
}
