import { compareBytes } from "../names/compare-bytes.ts";
import type { InstanceTopology } from "./topology-graph.ts";

/** The name that is shown in place of a switch's id; `level` counts tiers from the closest, which is 0. */
export type DisplayName = (level: number, id: string) => string;

/**
 * Instances in the order of their tiers from the root down, then of their ids, and names of switches that are counted in
 * that order: `switch.1.1` is the first leaf, `switch.3.2` the second core. All instances count, requested or not, and all
 * their tiers, trimmed or not.
 */
export function withDisplayNames(topologies: readonly InstanceTopology[]): {
  readonly topologies: readonly InstanceTopology[];
  readonly displayName: DisplayName;
} {
  const sorted = topologies.toSorted(compareFromRoot);
  const levels: Map<string, string>[] = [];
  for (const { tiers } of sorted) {
    for (const [level, id] of tiers.entries()) {
      const names = (levels[level] ??= new Map<string, string>());
      if (id !== "" && !names.has(id)) names.set(id, `switch.${level + 1}.${names.size + 1}`);
    }
  }
  return { topologies: sorted, displayName: (level, id) => levels[level]?.get(id) ?? "" };
}

/** A tier that one of the two does not have counts as an empty id. */
function compareFromRoot(a: InstanceTopology, b: InstanceTopology): number {
  for (let level = Math.max(a.tiers.length, b.tiers.length) - 1; level >= 0; level--) {
    const order = compareBytes(a.tiers[level] ?? "", b.tiers[level] ?? "");
    if (order !== 0) return order;
  }
  return compareBytes(a.instanceId, b.instanceId);
}
