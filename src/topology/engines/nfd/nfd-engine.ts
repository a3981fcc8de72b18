import type { Engine, EngineKind } from "../../engine.ts";
import type { ComputeInstances, TopologyGraph } from "../../graph/topology-graph.ts";
import {
  KubernetesError,
  requestsAtOnce,
  type KubernetesApi,
  type KubernetesObject,
  type KubernetesResource,
} from "../../kubernetes-api.ts";
import {
  annotatedInstances,
  equalitySelector,
  kubernetesFailure,
  kubernetesNodes,
  objectName,
} from "../../kubernetes-nodes.ts";
import { compareBytes } from "../../names/compare-bytes.ts";
import { decodeParams } from "../../params/decode-params.ts";
import type { ParamTable } from "../../params/param-table.ts";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { inParallel } from "../../../jobs/in-parallel.ts";
import { domainLabel, insistOnLabelKey, nodeLabels } from "../node-labels.ts";
import { managedBy, nfdObjects, nodeFeatureGroups, nodeFeatures, type NfdObject } from "./nfd-objects.ts";

const params = {
  nodeSelector: { type: "string-map", doc: "Labels of the Nodes that take part; all Nodes where left out." },
  cleanup: {
    type: "bool",
    doc: "Whether objects that this engine wrote and that no node has any more are deleted.",
    shownDefault: "true",
  },
  acceleratorDomainSourceLabel: {
    type: "string",
    doc: "A label that Nodes already have and that says their accelerator domain.",
  },
} as const satisfies ParamTable;

interface Settings {
  readonly namespace: string;
  readonly nodeSelector: ReadonlyMap<string, string>;
  readonly isCleaning: boolean;
  readonly sourceLabel: string;
}

/** Objects of Node Feature Discovery; their namespace is that of `NFD_NAMESPACE`. */
export const nfdEngine: EngineKind = {
  kind: "nfd",
  summary: "NodeFeatures and NodeFeatureGroups of Node Feature Discovery, in the namespace that `NFD_NAMESPACE` names.",
  params,
  async open(given, host) {
    const decoded = decodeParams(params, given);
    const sourceLabel = decoded.acceleratorDomainSourceLabel ?? "";
    if (sourceLabel !== "") insistOnLabelKey("acceleratorDomainSourceLabel", sourceLabel);
    const namespace = (host.environment["NFD_NAMESPACE"] ?? "").trim();
    if (namespace === "") throw new TopologyError(502, "NFD_NAMESPACE environment variable is required");
    const nodeSelector = decoded.nodeSelector ?? new Map<string, string>();
    const settings = { namespace, nodeSelector, isCleaning: decoded.cleanup ?? true, sourceLabel };
    return new NfdEngine(await host.kubernetes(), settings, host);
  },
};

class NfdEngine implements Engine {
  readonly #api: KubernetesApi;
  readonly #settings: Settings;
  readonly #host: TopologyHost;
  #nodes: readonly KubernetesObject[] | undefined;

  constructor(api: KubernetesApi, settings: Settings, host: TopologyHost) {
    this.#api = api;
    this.#settings = settings;
    this.#host = host;
  }

  async resolve(
    given: readonly ComputeInstances[],
    _provider: unknown,
    signal: AbortSignal,
  ): Promise<readonly ComputeInstances[]> {
    const nodes = await kubernetesNodes(this.#api, this.#settings.nodeSelector, signal);
    this.#nodes = nodes;
    if (given.length > 0) return given;
    return annotatedInstances(nodes, objectName, (...words) => this.#host.log(...words));
  }

  async output(graph: TopologyGraph, signal: AbortSignal): Promise<string> {
    const { sourceLabel, isCleaning, nodeSelector } = this.#settings;
    const nodes = this.#nodes ?? (await kubernetesNodes(this.#api, nodeSelector, signal));
    const labels = nodeLabels(graph, { fabric: [], domain: domainLabel });
    const { features, groups } = nfdObjects(labels, sourceValues(nodes, sourceLabel), sourceLabel);
    if (isCleaning && features.length === 0 && groups.length === 0) {
      throw new TopologyError(502, "generated no NFD topology objects; keeping the existing topology");
    }
    const kinds = [
      { resource: nodeFeatures, name: "nodefeature", objects: features },
      { resource: nodeFeatureGroups, name: "nodefeaturegroup", objects: groups },
    ];
    try {
      await inParallel(
        kinds.flatMap(({ resource, objects }) => objects.map((object) => ({ resource, object }))),
        requestsAtOnce,
        ({ resource, object }) => this.#write(resource, object, signal),
      );
      if (isCleaning) await inParallel(kinds, requestsAtOnce, (kind) => this.#clean(kind, signal));
    } catch (error) {
      throw kubernetesFailure(error, signal, "");
    }
    return `OK nodeFeatures=${features.length} nodeFeatureGroups=${groups.length}\n`;
  }

  /** Patches what is there, else creates it; where somebody else creates it in between, patches that. */
  async #write(resource: KubernetesResource, object: NfdObject, signal: AbortSignal): Promise<void> {
    const { namespace } = this.#settings;
    const name = { name: object.metadata.name, namespace };
    const patch = { type: "json", body: patchOf(object) } as const;
    try {
      await this.#api.patch(resource, name, patch, signal);
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      try {
        await this.#api.create(resource, namespace, object, signal);
      } catch (createError) {
        if (!isStatus(createError, 409)) throw createError;
        await this.#api.patch(resource, name, patch, signal);
      }
    }
  }

  async #clean(
    {
      resource,
      name,
      objects,
    }: { readonly resource: KubernetesResource; readonly name: string; readonly objects: readonly NfdObject[] },
    signal: AbortSignal,
  ): Promise<void> {
    const { namespace } = this.#settings;
    const wanted = new Set(objects.map(({ metadata }) => metadata.name));
    const labels = new Map(Object.entries({ ...managedBy, "topograph.run/resource": name }));
    const found = await this.#api.list(resource, { namespace, labelSelector: equalitySelector(labels) }, signal);
    await inParallel(
      found.filter((object) => !wanted.has(objectName(object))),
      requestsAtOnce,
      async (object) => {
        await this.#api.remove(resource, { name: objectName(object), namespace }, signal);
      },
    );
  }
}

/** Replaces the spec as a whole, so that nothing of an older one stays, and sets each label and annotation, in the order of names. */
function patchOf({ metadata, spec }: NfdObject): readonly unknown[] {
  const settings = (field: "labels" | "annotations"): readonly unknown[] =>
    Object.entries(metadata[field])
      .sort(([left], [right]) => compareBytes(left, right))
      .map(([key, value]) => ({ op: "add", path: `/metadata/${field}/${pointerToken(key)}`, value }));
  return [{ op: "add", path: "/spec", value: spec }, ...settings("labels"), ...settings("annotations")];
}

/** A name as part of a JSON Pointer (RFC 6901). */
function pointerToken(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function sourceValues(nodes: readonly KubernetesObject[], label: string): ReadonlyMap<string, string> {
  if (label === "") return new Map();
  return new Map(
    nodes
      .map((node) => [objectName(node), (node.metadata?.labels?.[label] ?? "").trim()] as const)
      .filter(([, value]) => value !== ""),
  );
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof KubernetesError && error.status === status;
}
