import { layoutTree } from "../src/topology/graph/layout-tree.ts";
import type { TopologyGraph } from "../src/topology/graph/topology-graph.ts";

/** Every switch of a graph with what it stands under, in the order of the walk: `leaf < spine`, `spine < -`. */
export function switchesOf(graph: TopologyGraph): readonly string[] {
  return layoutTree(graph).switches.map(({ id, parent }) => `${id} < ${parent?.id ?? "-"}`);
}

/** Every node of a graph with its switch, in the order of the walk. */
export function nodesOf(graph: TopologyGraph): readonly string[] {
  return layoutTree(graph).nodes.map(({ name, parent }) => `${name} < ${parent?.id ?? "-"}`);
}
