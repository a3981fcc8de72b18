import type { WrittenTopology } from "../read/written-topology.ts";
import { someOf, type Faults } from "./topology-fault.ts";

/** Slurm numbers levels of blocks in a bit string of 16 (block_record.c). */
const mostDoublings = 15;

/** Whether blocks and their sizes are such that Slurm's block plugin (24.05 and newer) takes them. Gives each node's line. */
export function checkBlocks(topology: WrittenTopology, faults: Faults): ReadonlyMap<string, number> {
  const { blocks, blockSizes, line: start } = topology;
  if (blocks.length === 0) faults.error(undefined, "it has no block; Slurm says: No blocks configured");
  checkSizes(blockSizes, start, faults);
  const base = blockSizes[0] ?? blocks.find(({ nodes }) => nodes.length > 0)?.nodes.length ?? 0;
  const byName = new Map<string, number>();
  const places = new Map<string, { readonly block: string; readonly line: number }>();
  for (const { name, line, nodes } of blocks) {
    const first = byName.get(name);
    if (first === undefined) byName.set(name, line);
    else faults.error(line, `line ${first} defines block ${name} too, and Slurm does not start`);
    if (nodes.length < base) {
      faults.warning(
        line,
        `block ${name} has ${nodes.length} nodes, fewer than the base size ${base}; Slurm before 25.05 does not start with it`,
      );
    }
    const [twice, elsewhere]: [string[], string[]] = [[], []];
    for (const node of nodes) {
      const place = places.get(node);
      if (place === undefined) places.set(node, { block: name, line });
      else if (place.line === line) twice.push(node);
      else elsewhere.push(`${node} (${place.block})`);
    }
    if (twice.length > 0) faults.warning(line, `block ${name} names ${someOf(twice)} twice`);
    if (elsewhere.length > 0) faults.error(line, `nodes of block ${name} are in another one too: ${someOf(elsewhere)}`);
  }
  return new Map([...places].map(([node, { line }]) => [node, line]));
}

function checkSizes(sizes: readonly number[], line: number, faults: Faults): void {
  const [base] = sizes;
  if (base === undefined) return;
  if (base < 1) faults.error(line, `the first of BlockSizes is ${base}; a block has at least one node`);
  else {
    for (const [i, size] of sizes.entries()) {
      const before = sizes[i - 1] ?? 0;
      if (size <= before) faults.error(line, `BlockSizes ${size} stands behind ${before}; they must grow`);
      const doublings = Math.log2(size / base);
      if (Number.isInteger(doublings) && doublings <= mostDoublings) continue;
      const allowed = `${base}, ${base * 2}, ${base * 4}, ${base * 8}, … up to ${base * 2 ** mostDoublings}`;
      faults.error(line, `BlockSizes ${size} is none of ${allowed}, and Slurm does not start`);
    }
  }
}
