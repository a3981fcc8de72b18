import { TopologyError } from "../topology-error.ts";

const mostSizes = 20;
const largestSize = 65_536;

/** Slurm counts levels of blocks from 0 to 15 and refuses a file with more. */
const mostDoublings = 15;

/**
 * Checks sizes as a user gives them; none at all are right. `where` stands before the message.
 * Throws `TopologyError` (400).
 */
export function validateBlockSizes(sizes: readonly number[], where = ""): void {
  const problem = problemOf(sizes);
  if (problem !== undefined) throw new TopologyError(400, where + problem);
}

function problemOf(sizes: readonly number[]): string | undefined {
  if (sizes.length > mostSizes) {
    return `blockSizes has too many entries (${sizes.length}); max allowed is ${mostSizes}`;
  }
  for (const [index, size] of sizes.entries()) {
    const named = `blockSizes[${index}]=${size}`;
    if (size <= 0) return `${named} must be positive`;
    if (size > largestSize) return `${named} exceeds maximum allowed value ${largestSize}`;
    const before = sizes[index - 1];
    if (before === undefined) continue;
    const namedBefore = `blockSizes[${index - 1}]=${before}`;
    if (size <= before) return `${named} must be greater than ${namedBefore}`;
    if (size % before !== 0) return `${named} must be a multiple of ${namedBefore}`;
    if (!isPowerOfTwo(size / before)) return `${named} must be a power-of-two multiple of ${namedBefore}`;
  }
  return undefined;
}

/**
 * The sizes of blocks that are domains as they are: the smallest block's, doubled as often as there are blocks to pair.
 * Throws `TopologyError` (400) where there is no block.
 */
export function doublingBlockSizes(nodesByBlock: Iterable<number>): readonly number[] {
  let smallest = Infinity;
  let blocks = 0;
  for (const nodes of nodesByBlock) {
    smallest = Math.min(smallest, nodes);
    blocks++;
  }
  if (blocks === 0) throw new TopologyError(400, "cannot determine blockSizes: topology contains no blocks");
  const sizes = [smallest];
  for (let level = 1; 2 ** level <= blocks && level <= mostDoublings; level++) sizes.push(smallest * 2 ** level);
  return sizes;
}

/** The smallest number of blocks of `size` nodes that holds `nodes`, rounded up to a power of two. */
export function powerOfTwoBlocks(nodes: number, size: number): number {
  let blocks = 1;
  while (blocks * size < nodes) blocks *= 2;
  return blocks;
}

function isPowerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0;
}
