import type { ClusterSpec, NodeSpec } from "./cluster-spec.ts";

/** The nodes that run a slurmd. */
export function computeNodes(spec: ClusterSpec): readonly NodeSpec[] {
  return spec.nodes.filter((node) => node.role !== "controller");
}

/** The node that people see as the head: the controller, or the one that is everything at once. */
export function headNode(spec: ClusterSpec): NodeSpec | undefined {
  return spec.nodes.find((node) => node.role !== "compute") ?? spec.nodes[0];
}

/** The nodes of one partition: those that it lists, and those that list it. */
export function nodesOf(spec: ClusterSpec, partition: string): readonly string[] {
  const listed = spec.partitions.find(({ name }) => name === partition)?.nodes ?? [];
  return computeNodes(spec)
    .filter((node) => listed.includes(node.name) || node.partitions?.includes(partition) === true)
    .map((node) => node.name);
}
