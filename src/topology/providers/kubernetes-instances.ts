import type { ComputeInstances } from "../graph/topology-graph.ts";
import type { KubernetesObject } from "../kubernetes-api.ts";
import { instanceAnnotation, objectName, regionAnnotation, textAt } from "../kubernetes-nodes.ts";
import { localRegion } from "./identity-mapper.ts";

/** The instance of a Node, as its broker has annotated it; else the Node's name. */
export function nodeInstance(node: KubernetesObject): string {
  return annotationOf(node, instanceAnnotation) || objectName(node);
}

/** The region of a Node, as its broker has annotated it. */
export function nodeRegion(node: KubernetesObject): string {
  return annotationOf(node, regionAnnotation) || localRegion;
}

/** All of these Nodes as instances, in one region where not told otherwise. */
export function kubernetesInstances(
  nodes: readonly KubernetesObject[],
  regionOf: (node: KubernetesObject) => string = () => localRegion,
): readonly ComputeInstances[] {
  const regions = new Map<string, Map<string, string>>();
  for (const node of nodes) {
    const region = regionOf(node);
    const instances = regions.get(region) ?? new Map<string, string>();
    regions.set(region, instances.set(nodeInstance(node), objectName(node)));
  }
  return Array.from(regions, ([region, instances]) => ({ region, instances }));
}

function annotationOf(node: KubernetesObject, name: string): string {
  return textAt(node, ["metadata", "annotations", name]).trim();
}
