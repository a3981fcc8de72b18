import { quoteGo } from "../names/quote-go.ts";
import type { BlockLayout } from "./split-blocks.ts";

interface ListedSwitch {
  readonly id: string;
  /** What is shown in place of the id, where it is not empty. */
  readonly name?: string;
  readonly switches: readonly unknown[];
  readonly nodes: readonly unknown[];
}

/**
 * Why Slurm would not read a tree, where it would not. slurmctld ends with `Switch (c) has already been defined`, or `has
 * both child switches and nodes`, when it meets a switch that has both, as those of fabrics of mixed depth have; and a name
 * ends for it at a blank or `#`.
 */
export function unreadableSwitch(switches: readonly ListedSwitch[]): string | undefined {
  for (const { id, name = "", switches: below, nodes } of switches) {
    const shown = quoteGo(name === "" ? id : name);
    if (below.length > 0 && nodes.length > 0) {
      return `switch ${shown} has both switches and nodes, which Slurm's topology/tree does not read`;
    }
    if (/[\s#]/.test(name === "" ? id : name)) return `Slurm does not read the name of switch ${shown} to its end`;
  }
  return undefined;
}

/**
 * Why Slurm would not read blocks, where it would not: it counts their levels from 0 to 15, each twice the one before, and
 * reads names as those of switches.
 */
export function unreadableBlocks({ blocks, sizes }: BlockLayout): string | undefined {
  const [smallest = 1] = sizes;
  if ((sizes.at(-1) ?? smallest) / smallest > 2 ** 15) {
    return `blockSizes ${sizes.join(",")} span more than the 16 levels that Slurm's topology/block reads`;
  }
  const cut = blocks.find(({ id }) => /[\s#]/.test(id));
  return cut && `Slurm does not read the name of block ${quoteGo(cut.id)} to its end`;
}
