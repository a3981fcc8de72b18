import type { TopologyUnit } from "./partition-topologies.ts";
import { yamlScalar } from "./yaml-scalar.ts";

/** How much is left out: nothing, the nodes, or of a tree all but the names of its first switches. */
export type Skeleton = boolean | "roots";

/**
 * Writes a topology as an entry of Slurm's `topology.yaml`, byte for byte as Go's `yaml.v3` would. `namesText` writes a
 * list of names.
 */
export function renderUnit(
  { name, clusterDefault, tree, blocks }: TopologyUnit,
  namesText: (names: readonly string[]) => string,
  skeleton: Skeleton,
): string {
  const lines = [`- topology: ${yamlScalar(name)}`, `  cluster_default: ${clusterDefault}`];
  /** The item of a list at the depth of switches and blocks, with what is listed of it. */
  const item = (key: string, itemName: string, lists: Readonly<Record<string, readonly string[]>>): void => {
    lines.push(`        - ${key}: ${yamlScalar(itemName)}`);
    for (const [list, names] of Object.entries(lists)) {
      if (names.length > 0) lines.push(`          ${list}: ${yamlScalar(namesText(names))}`);
    }
  };
  const shown = (nodes: readonly string[]): readonly string[] => (skeleton === false ? nodes : []);
  if (tree !== undefined) {
    lines.push("  tree:", `    switches:${tree.switches.length === 0 ? " []" : ""}`);
    for (const { id, isRoot, switches, nodes } of tree.switches) {
      if (skeleton !== "roots") item("switch", id, { children: switches, nodes: shown(nodes) });
      else if (isRoot) item("switch", id, {});
    }
  } else if (blocks !== undefined) {
    lines.push("  block:", "    block_sizes:");
    for (const size of blocks.sizes) lines.push(`        - ${size}`);
    lines.push("    blocks:");
    for (const { id, nodes } of blocks.blocks) item("block", id, { nodes: shown(nodes) });
  } else {
    lines.push("  flat: true");
  }
  return `${lines.join("\n")}\n`;
}
