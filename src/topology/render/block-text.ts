import type { Block, BlockLayout } from "./split-blocks.ts";

/**
 * Writes blocks as Slurm's `topology.conf` has them, each under a comment that names its domain.
 * `namesText` writes a list of nodes; without it the nodes are left out.
 */
export function renderBlocks(
  layout: BlockLayout,
  namesText: ((nodes: readonly string[]) => string) | undefined,
): string {
  const lines = layout.blocks.map((block) => commentOf(block) + lineOf(block, namesText));
  return `${lines.join("")}BlockSizes=${layout.sizes.join(",")}\n`;
}

function commentOf({ id, domain }: Block): string {
  return domain === "" ? "" : `# ${id}=${domain}\n`;
}

function lineOf({ id, nodes }: Block, namesText: ((nodes: readonly string[]) => string) | undefined): string {
  const listed = namesText === undefined || nodes.length === 0 ? "" : ` Nodes=${namesText(nodes)}`;
  return `BlockName=${id}${listed}\n`;
}
