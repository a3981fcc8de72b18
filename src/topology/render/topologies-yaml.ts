import type { TopologyUnit } from "./partition-topologies.ts";
import { yamlScalar } from "./yaml-scalar.ts";

/** How much is left out: nothing, the nodes, or of a tree all but the names of its first switches. */
export type Skeleton = boolean | "roots";

/**
 * Writes topologies as Slurm's `topology.yaml`, byte for byte as Go's `yaml.v3` would. `namesText` writes a list of names.
 */
export function renderTopologies(
  units: readonly TopologyUnit[],
  namesText: (names: readonly string[]) => string,
  skeleton: Skeleton,
): string {
  const parts: string[] = [];
  const line = (text: string): void => void parts.push(text, "\n");
  /** The item of a list at the depth of switches and blocks, with what is listed of it. */
  const item = (key: string, name: string, lists: Readonly<Record<string, readonly string[]>>): void => {
    line(`        - ${key}: ${yamlScalar(name)}`);
    for (const [list, names] of Object.entries(lists)) {
      if (names.length > 0) line(`          ${list}: ${yamlScalar(namesText(names))}`);
    }
  };
  const shown = (nodes: readonly string[]): readonly string[] => (skeleton === false ? nodes : []);
  for (const { name, clusterDefault, tree, blocks } of units) {
    line(`- topology: ${yamlScalar(name)}`);
    line(`  cluster_default: ${clusterDefault}`);
    if (tree !== undefined) {
      line("  tree:");
      line(`    switches:${tree.switches.length === 0 ? " []" : ""}`);
      for (const { id, isRoot, switches, nodes } of tree.switches) {
        if (skeleton !== "roots") item("switch", id, { children: switches, nodes: shown(nodes) });
        else if (isRoot) item("switch", id, {});
      }
    } else if (blocks !== undefined) {
      line("  block:");
      line("    block_sizes:");
      for (const size of blocks.sizes) line(`        - ${size}`);
      line("    blocks:");
      for (const { id, nodes } of blocks.blocks) item("block", id, { nodes: shown(nodes) });
    } else {
      line("  flat: true");
    }
  }
  return parts.join("");
}
