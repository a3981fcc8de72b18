import type { ComputeInstances } from "./graph/topology-graph.ts";
import {
  KubernetesError,
  type KubernetesApi,
  type KubernetesObject,
  type KubernetesResource,
} from "./kubernetes-api.ts";
import { compareBytes } from "./names/compare-bytes.ts";
import { quoteGo } from "./names/quote-go.ts";
import { TopologyError } from "./topology-error.ts";
import type { TopologyHost } from "./topology-host.ts";

/** The annotations of a Node by which its instance is known; the broker of each node writes them. */
export const instanceAnnotation = "topograph.run/instance";
export const regionAnnotation = "topograph.run/region";

export const nodesResource: KubernetesResource = { group: "", version: "v1", plural: "nodes" };
export const podsResource: KubernetesResource = { group: "", version: "v1", plural: "pods" };
export const daemonSetsResource: KubernetesResource = { group: "apps", version: "v1", plural: "daemonsets" };
export const configMapsResource: KubernetesResource = { group: "", version: "v1", plural: "configmaps" };

/** A label selector that asks for all of these labels, its terms in the order of their bytes. */
export function equalitySelector(labels: ReadonlyMap<string, string>): string {
  return Array.from(labels, ([key, value]) => `${key}=${value}`)
    .sort(compareBytes)
    .join(",");
}

/**
 * The Nodes that have all of these labels, in the order of the server. Throws `TopologyError` (502) where they cannot be listed.
 */
export async function kubernetesNodes(
  api: KubernetesApi,
  nodeSelector: ReadonlyMap<string, string> | undefined,
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  const isSelecting = nodeSelector !== undefined && nodeSelector.size > 0;
  const selection = isSelecting ? { labelSelector: equalitySelector(nodeSelector) } : {};
  try {
    return await api.list(nodesResource, selection, signal);
  } catch (error) {
    throw kubernetesFailure(error, signal, "failed to list node in the cluster");
  }
}

/** The Pods of a namespace that a selector picks. Throws what the API throws. */
export function kubernetesPods(
  api: KubernetesApi,
  { namespace, labelSelector }: { readonly namespace: string; readonly labelSelector?: string },
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  return api.list(podsResource, { namespace, ...(labelSelector !== undefined && { labelSelector }) }, signal);
}

/**
 * The Pods of a DaemonSet, those on one node where its name is given. Throws `KubernetesError`: 404 where there is no such DaemonSet.
 */
export async function daemonSetPods(
  api: KubernetesApi,
  { name, namespace, nodeName }: { readonly name: string; readonly namespace: string; readonly nodeName?: string },
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  const found = await api.get(daemonSetsResource, { name, namespace }, signal);
  if (found === undefined) throw new KubernetesError(404, `daemonsets.apps "${name}" not found`);
  const matchLabels = stringMap(fieldAt(found, ["spec", "selector", "matchLabels"]));
  return api.list(
    podsResource,
    {
      namespace,
      labelSelector: equalitySelector(new Map(Object.entries(matchLabels))),
      ...(nodeName !== undefined && nodeName !== "" && { fieldSelector: `spec.nodeName=${nodeName}` }),
    },
    signal,
  );
}

/** Whether the Pod's condition `Ready` is true. */
export function isPodReady(pod: KubernetesObject): boolean {
  return isCondition(pod, "Ready");
}

/** Whether a condition of the object's status is true. */
export function isCondition(object: KubernetesObject, type: string): boolean {
  const conditions = fieldAt(object, ["status", "conditions"]);
  return (
    Array.isArray(conditions) &&
    conditions.some((entry) => fieldAt(entry, ["type"]) === type && fieldAt(entry, ["status"]) === "True")
  );
}

export function objectName(object: KubernetesObject): string {
  return object.metadata?.name ?? "";
}

/**
 * Instances by region, in the order of the regions' first nodes, as the Nodes' annotations name them. Nodes without one of the annotations
 * are passed over, and the log is told which.
 */
export function annotatedInstances(
  nodes: readonly KubernetesObject[],
  nodeNameOf: (node: KubernetesObject) => string | undefined,
  log: TopologyHost["log"],
): readonly ComputeInstances[] {
  const regions = new Map<string, Map<string, string>>();
  for (const node of nodes) {
    const nodeName = nodeNameOf(node);
    if (nodeName === undefined) continue;
    const annotations = node.metadata?.annotations ?? {};
    const [instance, region] = [annotations[instanceAnnotation], annotations[regionAnnotation]];
    if (instance === undefined || region === undefined) {
      const annotation = instance === undefined ? instanceAnnotation : regionAnnotation;
      log("warning", `missing ${quoteGo(annotation)} annotation in node ${objectName(node)}`);
      continue;
    }
    const instances = regions.get(region) ?? new Map<string, string>();
    regions.set(region, instances.set(instance, nodeName));
  }
  return [...regions].map(([region, instances]) => ({ region, instances }));
}

/** What stands at a path of an object's fields; `undefined` where the path leads nowhere. */
export function fieldAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

/** The text at a path; empty where there is none. */
export function textAt(object: unknown, path: readonly string[]): string {
  const value = fieldAt(object, path);
  return typeof value === "string" ? value : "";
}

/** The entries of an object whose values are text. */
export function stringMap(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/**
 * What a failed request to the API server answers: 502 with these words before the server's. An abort stays what it is.
 */
export function kubernetesFailure(error: unknown, signal: AbortSignal, attempt: string): unknown {
  if (signal.aborted || error instanceof TopologyError || !(error instanceof Error)) return error;
  const words = attempt === "" ? error.message : `${attempt}: ${error.message}`;
  return new TopologyError(502, words, { cause: error });
}
