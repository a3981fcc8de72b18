import { createHash } from "node:crypto";
import type { KubernetesObject, KubernetesResource } from "../../kubernetes-api.ts";
import { compareBytes } from "../../names/compare-bytes.ts";
import { quoteGo } from "../../names/quote-go.ts";
import { labelValueProblems } from "../../names/label-syntax.ts";
import { TopologyError } from "../../topology-error.ts";
import { domainLabel, fabricTierPrefix, subDomainLabel, type NodeLabels } from "../node-labels.ts";

const group = "nfd.k8s-sigs.io";
const version = "v1alpha1";

export const nodeFeatures: KubernetesResource = { group, version, plural: "nodefeatures" };
export const nodeFeatureGroups: KubernetesResource = { group, version, plural: "nodefeaturegroups" };

const featureSet = "topograph.network";
const nodeNameLabel = "nfd.node.kubernetes.io/node-name";

export const managedBy = { "app.kubernetes.io/managed-by": "topograph", "topograph.run/engine": "nfd" } as const;

/** An object that is to be, with its name, labels, annotations and spec. */
export interface NfdObject extends KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: unknown;
}

export interface NfdObjects {
  /** One per node that has any topology, in the order of names. */
  readonly features: readonly NfdObject[];
  /** One per kind and value, in their order. */
  readonly groups: readonly NfdObject[];
}

/**
 * What Node Feature Discovery is to be told of the nodes. A node whose own label says its accelerator domain (`sourceValues`, by name of
 * node) has that one, and no sub-domain. Throws `TopologyError` (400) for the name of a node that no label can have.
 */
export function nfdObjects(
  labels: NodeLabels,
  sourceValues: ReadonlyMap<string, string>,
  sourceLabel: string,
): NfdObjects {
  const features: NfdObject[] = [];
  /** By kind, then by value: the label that the value stands in. */
  const values = new Map<string, Map<string, string>>();
  const note = (kind: string, value: string, labelKey: string): void => {
    const known = values.get(kind) ?? new Map<string, string>();
    values.set(kind, known);
    // A value that a Node's own label gave keeps that label's name.
    if (sourceLabel !== "" && known.get(value) === sourceLabel) return;
    known.set(value, labelKey);
  };
  for (const [nodeName, own] of labels) {
    insistOnNodeName(nodeName);
    const source = sourceValues.get(nodeName) ?? "";
    const elements = new Map<string, string>();
    for (const [key, text] of [...own].sort(([left], [right]) => compareBytes(left, right))) {
      const kind = kindOf(key);
      const value = text.trim();
      if (kind === undefined || value === "" || (source !== "" && kind.startsWith("accelerator-"))) continue;
      elements.set(kind, value);
      note(kind, value, key);
    }
    if (source !== "") {
      elements.set(domainKind, source);
      note(domainKind, source, sourceLabel);
    }
    if (elements.size > 0) features.push(nodeFeature(nodeName, elements));
  }
  return {
    features,
    groups: inOrder(values).flatMap(([kind, known]) => inOrder(known).map((entry) => featureGroup(kind, ...entry))),
  };
}

const domainKind = "accelerator-domain";

function kindOf(label: string): string | undefined {
  if (label === domainLabel) return domainKind;
  if (label === subDomainLabel) return "accelerator-sub-domain";
  return label.startsWith(fabricTierPrefix) ? `fabric-tier-${label.slice(fabricTierPrefix.length)}` : undefined;
}

function nodeFeature(nodeName: string, elements: ReadonlyMap<string, string>): NfdObject {
  return {
    apiVersion: `${group}/${version}`,
    kind: "NodeFeature",
    metadata: {
      name: stableName("topograph-node", nodeName),
      labels: { ...managedBy, [nodeNameLabel]: nodeName, "topograph.run/resource": "nodefeature" },
      annotations: { "topograph.run/node-name": nodeName },
    },
    spec: {
      features: {
        attributes: {
          "system.name": { elements: { nodename: nodeName } },
          [featureSet]: { elements: Object.fromEntries(inOrder(elements)) },
        },
      },
    },
  };
}

function featureGroup(kind: string, value: string, labelKey: string): NfdObject {
  return {
    apiVersion: `${group}/${version}`,
    kind: "NodeFeatureGroup",
    metadata: {
      name: stableName(`topograph-${kind}`, value),
      labels: { ...managedBy, "topograph.run/resource": "nodefeaturegroup", "topograph.run/group-type": kind },
      annotations: { "topograph.run/label-key": labelKey, "topograph.run/label-value": value },
    },
    spec: {
      featureGroupRules: [
        {
          matchFeatures: [{ feature: featureSet, matchExpressions: { [kind]: { op: "In", value: [value] } } }],
          name: `${kind} equals ${value}`,
        },
      ],
    },
  };
}

/** A name of at most 63 characters that the same value always has: its letters as far as they go, and its hash. */
export function stableName(prefix: string, value: string): string {
  const hash = createHash("sha256").update(value).digest("hex").slice(0, 8);
  const room = Math.max(63 - prefix.length - hash.length - 2, 1);
  const shown = trimDashes(dnsPart(value).slice(0, room));
  return `${dnsPart(prefix)}-${shown === "" ? "value" : shown}-${hash}`;
}

function dnsPart(value: string): string {
  return trimDashes(value.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "-"));
}

function trimDashes(text: string): string {
  return text.replaceAll(/^-+|-+$/g, "");
}

function insistOnNodeName(nodeName: string): void {
  const problems = labelValueProblems(nodeName);
  if (problems.length === 0) return;
  const words = `cannot be used as ${quoteGo(nodeNameLabel)} label value: ${problems.join("; ")}`;
  throw new TopologyError(400, `node name ${quoteGo(nodeName)} ${words}`);
}

function inOrder<T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...map].sort(([left], [right]) => compareBytes(left, right));
}
