import type { Engine, EngineKind } from "../engine.ts";
import type { ComputeInstances, TopologyGraph } from "../graph/topology-graph.ts";
import { KubernetesError, requestsAtOnce, type KubernetesApi, type KubernetesObject } from "../kubernetes-api.ts";
import {
  annotatedInstances,
  kubernetesFailure,
  kubernetesNodes,
  nodesResource,
  objectName,
} from "../kubernetes-nodes.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import { quoteGo } from "../names/quote-go.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ParamTable } from "../params/param-table.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { inParallel } from "../../jobs/in-parallel.ts";
import {
  domainLabel,
  fabricTierPrefix,
  insistOnLabelKey,
  nodeLabels,
  subDomainLabel,
  type LabelKeys,
} from "./node-labels.ts";

const params = {
  nodeSelector: { type: "string-map", doc: "Labels of the Nodes that take part; all Nodes where left out." },
  fabricLabels: {
    type: "string-list",
    doc: "Names of the labels for switches, closest tier first; tiers beyond the list are not written.",
    shownDefault: "fabric.topograph.run/tier-0, fabric.topograph.run/tier-1, ...",
  },
  acceleratorLabel: {
    type: "string",
    doc: "Name of the label for the accelerator domain.",
    shownDefault: domainLabel,
  },
  acceleratorDomainSourceLabel: {
    type: "string",
    doc: "A label that Nodes already have and that says their accelerator domain; Nodes with it get no label of ours for it. Not together with `acceleratorLabel`.",
  },
} as const satisfies ParamTable;

interface Settings {
  readonly nodeSelector: ReadonlyMap<string, string>;
  readonly keys: LabelKeys;
  readonly sourceLabel: string;
}

/** Labels of Kubernetes Nodes. */
export const k8sEngine: EngineKind = {
  kind: "k8s",
  summary: "Labels on Kubernetes Nodes: the switches above each Node, closest first, and its accelerator domain.",
  params,
  async open(given, host) {
    const decoded = decodeParams(params, given);
    const sourceLabel = decoded.acceleratorDomainSourceLabel ?? "";
    const acceleratorLabel = decoded.acceleratorLabel ?? "";
    if (acceleratorLabel !== "" && sourceLabel !== "") {
      const words = "acceleratorLabel and acceleratorDomainSourceLabel cannot be set together";
      throw new TopologyError(400, `engine parameters ${words}`);
    }
    if (sourceLabel !== "") insistOnLabelKey("acceleratorDomainSourceLabel", sourceLabel);
    const keys = {
      fabric: decoded.fabricLabels ?? [],
      domain: acceleratorLabel === "" ? domainLabel : acceleratorLabel,
    };
    insistOnKeys(keys);
    const settings = { nodeSelector: decoded.nodeSelector ?? new Map<string, string>(), keys, sourceLabel };
    return new K8sEngine(await host.kubernetes(), settings, host);
  },
};

class K8sEngine implements Engine {
  readonly #api: KubernetesApi;
  readonly #settings: Settings;
  readonly #log: TopologyHost["log"];
  /** Nodes by name; `undefined` for one that the request names and the list does not have. */
  #nodes: ReadonlyMap<string, KubernetesObject | undefined> | undefined;

  constructor(api: KubernetesApi, settings: Settings, host: TopologyHost) {
    this.#api = api;
    this.#settings = settings;
    this.#log = (level, message) => host.log(level, message);
  }

  async resolve(
    given: readonly ComputeInstances[],
    _provider: unknown,
    signal: AbortSignal,
  ): Promise<readonly ComputeInstances[]> {
    const nodes = await kubernetesNodes(this.#api, this.#settings.nodeSelector, signal);
    const listed = byName(nodes);
    if (given.length === 0) {
      this.#nodes = listed;
      return annotatedInstances(nodes, objectName, this.#log);
    }
    const requested = new Map<string, KubernetesObject | undefined>();
    for (const { instances } of given) for (const name of instances.values()) requested.set(name, listed.get(name));
    this.#nodes = requested;
    return given;
  }

  async output(graph: TopologyGraph, signal: AbortSignal): Promise<string> {
    const wanted = nodeLabels(graph, this.#settings.keys);
    const nodes = this.#nodes ?? byName(await kubernetesNodes(this.#api, this.#settings.nodeSelector, signal));
    await inParallel(wanted, requestsAtOnce, ([name, labels]) => this.#label(name, labels, nodes, signal));
    return "OK\n";
  }

  async #label(
    name: string,
    wanted: ReadonlyMap<string, string>,
    nodes: ReadonlyMap<string, KubernetesObject | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    if (!nodes.has(name)) {
      const why = "it is not part of the resolved compute instances";
      return this.#log("warning", `Skipping topology labels for node ${quoteGo(name)} because ${why}`);
    }
    const node = nodes.get(name) ?? (await this.#fetch(name, signal));
    const current = node.metadata?.labels ?? {};
    if (![...this.#settings.nodeSelector].every(([key, value]) => current[key] === value)) {
      const why = "it does not match the engine nodeSelector";
      return this.#log("warning", `Skipping topology labels for node ${quoteGo(name)} because ${why}`);
    }
    const changes = labelChanges(current, wanted, this.#settings);
    if (changes.size === 0) return;
    const body = { metadata: { labels: Object.fromEntries(changes) } };
    try {
      await this.#api.patch(nodesResource, { name }, { type: "strategic-merge", body }, signal);
    } catch (error) {
      throw kubernetesFailure(error, signal, `failed to patch topology labels on node ${quoteGo(name)}`);
    }
  }

  async #fetch(name: string, signal: AbortSignal): Promise<KubernetesObject> {
    let found: KubernetesObject | undefined;
    try {
      found = await this.#api.get(nodesResource, { name }, signal);
    } catch (error) {
      const isMissing = error instanceof KubernetesError && error.status === 404;
      if (!isMissing) throw kubernetesFailure(error, signal, `failed to get node ${quoteGo(name)}`);
    }
    if (found === undefined) throw new TopologyError(502, `node ${quoteGo(name)} was not found in Kubernetes`);
    return found;
  }
}

/** What is to be patched, in the order of names: new and changed values, and `null` for labels of ours that are stale. */
function labelChanges(
  current: Readonly<Record<string, string>>,
  wanted: ReadonlyMap<string, string>,
  { keys, sourceLabel }: Settings,
): ReadonlyMap<string, string | null> {
  // The Node itself says its domain, and the provider's sub-domain may belong to another one.
  const hasSource = sourceLabel !== "" && (current[sourceLabel] ?? "").trim() !== "";
  const isLeftOut = (key: string): boolean => hasSource && (key === keys.domain || key === subDomainLabel);
  const changes = new Map<string, string | null>();
  for (const key of Object.keys(current)) if (key !== sourceLabel && isManaged(key, keys)) changes.set(key, null);
  for (const [key, value] of wanted) {
    if (isLeftOut(key)) continue;
    if (current[key] === value) changes.delete(key);
    else changes.set(key, value);
  }
  return new Map([...changes].sort(([left], [right]) => compareBytes(left, right)));
}

/** Whether a label is one that this engine writes; tiers of every number are, also those that no graph has any more. */
function isManaged(key: string, keys: LabelKeys): boolean {
  if (key === domainLabel || key === subDomainLabel || key === keys.domain || keys.fabric.includes(key)) return true;
  return key.startsWith(fabricTierPrefix) && /^\+?\d+$/.test(key.slice(fabricTierPrefix.length));
}

function insistOnKeys({ fabric, domain }: LabelKeys): void {
  const seen = new Map<string, string>();
  const named: [string, string][] = [
    ...fabric.map((key, tier): [string, string] => [`fabricLabels[${tier}]`, key]),
    ["acceleratorLabel", domain],
    ["xclrSubDomainLabel", subDomainLabel],
  ];
  for (const [parameter, key] of named) {
    insistOnLabelKey(parameter, key);
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      const words = `topology label key ${quoteGo(key)} is configured for both ${earlier} and ${parameter}`;
      throw new TopologyError(400, words);
    }
    seen.set(key, parameter);
  }
}

function byName(nodes: readonly KubernetesObject[]): ReadonlyMap<string, KubernetesObject> {
  return new Map(nodes.map((node) => [objectName(node), node]));
}
