import { quoteGo } from "../names/quote-go.ts";

interface ListedSwitch {
  readonly id: string;
  readonly switches: readonly unknown[];
  readonly nodes: readonly unknown[];
}

/**
 * Why Slurm would not read a tree, where it would not: slurmctld ends with `Switch (c) has already been defined`, or `has
 * both child switches and nodes`, when it meets a switch that has both. Such trees are of fabrics of mixed depth.
 */
export function unreadableSwitch(switches: readonly ListedSwitch[]): string | undefined {
  const mixed = switches.find((at) => at.switches.length > 0 && at.nodes.length > 0);
  return mixed && `switch ${quoteGo(mixed.id)} has both switches and nodes, which Slurm's topology/tree does not read`;
}

/** Why Slurm would not read sizes of blocks, where it would not: it counts levels from 0 to 15, each twice the one before. */
export function unreadableSizes(sizes: readonly number[]): string | undefined {
  const [smallest = 1] = sizes;
  const largest = sizes.at(-1) ?? smallest;
  return largest / smallest > 2 ** 15
    ? `blockSizes ${sizes.join(",")} span more than the 16 levels that Slurm's topology/block reads`
    : undefined;
}
