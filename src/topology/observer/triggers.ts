import type { KubernetesObject, KubernetesResource, KubernetesSelection } from "../kubernetes-api.ts";
import {
  daemonSetsResource,
  equalitySelector,
  fieldAt,
  instanceAnnotation,
  isCondition,
  isPodReady,
  nodesResource,
  podsResource,
  regionAnnotation,
} from "../kubernetes-nodes.ts";
import type { NodeTrigger, ObserverConfig } from "./observer-config.ts";

/** Objects that are watched, and which of their changes count. What counts of an object is kept as a short text. */
export interface Trigger {
  readonly what: string;
  readonly resource: KubernetesResource;
  readonly selection: KubernetesSelection;
  digest(object: KubernetesObject): string;
  /** Whether a new topology is asked for when an object appears. */
  countsAsNew(digest: string): boolean;
  countsAsChanged(before: string, after: string): boolean;
}

/** What the configuration says is to be watched. */
export function triggersOf({ trigger, apiServer, broker }: ObserverConfig): readonly Trigger[] {
  const { nodeSelector, nodeLabels, nodeReadiness, podSelector } = trigger;
  const watchesNodes = nodeSelector.size > 0 || nodeLabels.length > 0 || nodeReadiness;
  return [
    ...(watchesNodes ? [nodeTrigger(trigger)] : []),
    ...(podSelector === undefined ? [] : [podTrigger(podSelector)]),
    ...(apiServer.podSelector === undefined ? [] : [apiServerTrigger(apiServer, apiServer.podSelector)]),
    ...(broker === undefined ? [] : [brokerTrigger(broker)]),
  ];
}

function nodeTrigger({ nodeSelector, nodeLabels, nodeReadiness }: NodeTrigger): Trigger {
  const digest = ({ metadata, ...node }: KubernetesObject): string => {
    const labels = nodeLabels.map((key) => metadata?.labels?.[key] ?? "");
    const isGoing = metadata?.["deletionTimestamp"] !== undefined;
    const { annotations = {} } = metadata ?? {};
    const identity = [instanceAnnotation, regionAnnotation].map((key) => annotations[key] ?? "");
    return JSON.stringify([
      nodeReadiness && isCondition(node, "Ready"),
      ...(nodeLabels.length === 0 ? [] : [isGoing, ...labels, ...identity]),
    ]);
  };
  return {
    what: "node",
    resource: nodesResource,
    selection: nodeSelector.size === 0 ? {} : { labelSelector: equalitySelector(nodeSelector) },
    digest,
    countsAsNew: () => true,
    countsAsChanged: (before, after) => before !== after,
  };
}

function podTrigger(podSelector: string): Trigger {
  return {
    what: "pod",
    resource: podsResource,
    selection: selectionOf(podSelector),
    digest: (pod) => (isPodReady(pod) ? ready : ""),
    countsAsNew: (digest) => digest === ready,
    countsAsChanged: (before, after) => before !== after,
  };
}

/** A pod of the API server counts once it is ready, and again when its container has started anew. */
function apiServerTrigger({ namespace, containerName }: ObserverConfig["apiServer"], podSelector: string): Trigger {
  return {
    what: "API server pod",
    resource: podsResource,
    selection: { ...selectionOf(podSelector), ...(namespace !== "" && { namespace }) },
    digest: (pod) => containerDigest(pod, containerName),
    countsAsNew: (digest) => digest !== "",
    countsAsChanged: (before, after) => after !== "" && (before === "" || Number(after) > Number(before)),
  };
}

/** The brokers' DaemonSet: counts when it becomes ready, or is to be on more or fewer nodes. */
function brokerTrigger({ name, namespace }: { readonly name: string; readonly namespace: string }): Trigger {
  return {
    what: "node-data-broker DaemonSet",
    resource: daemonSetsResource,
    selection: { namespace, fieldSelector: `metadata.name=${name}` },
    digest(daemonSet) {
      const { desired, ready: isReady } = brokerReadiness(daemonSet);
      return JSON.stringify([desired, isReady]);
    },
    countsAsNew: () => true,
    countsAsChanged: (before, after) => before !== after,
  };
}

/** How many nodes the brokers' DaemonSet is for, and whether it is ready on all of them. */
export function brokerReadiness(daemonSet: KubernetesObject): { readonly desired: number; readonly ready: boolean } {
  const desired = numberAt(daemonSet, "desiredNumberScheduled");
  return { desired, ready: desired > 0 && desired === numberAt(daemonSet, "numberReady") };
}

const ready = "ready";

function selectionOf(labelSelector: string): KubernetesSelection {
  return labelSelector === "" ? {} : { labelSelector };
}

/** How often the container of a ready pod has started; empty where the pod, or the container, is not ready. */
function containerDigest(pod: KubernetesObject, containerName: string): string {
  if (!isPodReady(pod)) return "";
  const statuses = fieldAt(pod, ["status", "containerStatuses"]);
  const own = (Array.isArray(statuses) ? statuses : []).filter(
    (status) => containerName === "" || fieldAt(status, ["name"]) === containerName,
  );
  const runs = own.some(
    (status) => fieldAt(status, ["ready"]) === true && fieldAt(status, ["state", "running"]) !== undefined,
  );
  if (!runs && (containerName !== "" || own.length > 0)) return "";
  return String(own.reduce<number>((total, status) => total + Number(fieldAt(status, ["restartCount"]) ?? 0), 0));
}

function numberAt(object: KubernetesObject, field: string): number {
  const value = fieldAt(object, ["status", field]);
  return typeof value === "number" ? value : 0;
}
