import { createHash } from "node:crypto";
import type { ComputeInstances, InstanceTopology, TopologyGraph } from "../graph/topology-graph.ts";
import type { KubernetesApi, KubernetesObject } from "../kubernetes-api.ts";
import { isCondition, kubernetesNodes, objectName } from "../kubernetes-nodes.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import { labelKeyProblems, labelValueProblems } from "../names/label-syntax.ts";
import { quoteGo } from "../names/quote-go.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ParamTable } from "../params/param-table.ts";
import type { ParamMap } from "../params/param-value.ts";
import type { ProviderKind } from "../provider.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { kubernetesInstances, nodeInstance } from "./kubernetes-instances.ts";
import { liveGraph } from "./live-graph.ts";
import { nodeSelectorParam } from "./node-selector-param.ts";

const params = {
  topologyLabels: {
    type: "string-list",
    doc: 'Labels of the Nodes that name their place, the closest first: `["example.com/rack", "example.com/row"]`.',
    required: true,
  },
  nodeSelector: nodeSelectorParam,
  requireReady: { type: "bool", doc: "Whether Nodes that are not ready are left out.", shownDefault: "false" },
  onMissingLabel: {
    type: "string",
    doc: "What becomes of a Node without one of the labels: `skip` leaves it out, `fail` refuses the request.",
    shownDefault: "skip",
  },
} as const satisfies ParamTable;

const listDeadlineMs = 30_000;

export interface KubernetesProviderParams {
  /** Closest first, each once. */
  readonly topologyLabels: readonly string[];
  readonly nodeSelector: ReadonlyMap<string, string>;
  readonly requireReady: boolean;
  readonly onMissingLabel: "skip" | "fail";
}

/** Nodes of Kubernetes, by any labels that say where they stand. */
export const kubernetes: ProviderKind = {
  kind: "kubernetes",
  summary: "Kubernetes Nodes, by whatever labels say where they stand.",
  params,
  creds: {},
  async open({ params: given }, host) {
    const decoded = readKubernetesParams(given);
    const api = await host.kubernetes();
    return {
      visibleInstances: async (signal) => kubernetesInstances(await kubernetesNodes(api, decoded.nodeSelector, signal)),
      graph: ({ instances }, signal) => kubernetesGraph(api, decoded, instances, host, signal),
    };
  },
};

/** Reads the parameters, for the provider and for who watches its labels. Throws `TopologyError` (400). */
export function readKubernetesParams(given: ParamMap): KubernetesProviderParams {
  const labels = given.get("topologyLabels") ?? [];
  if (!Array.isArray(labels) || labels.some((label) => typeof label !== "string")) {
    throw refused("topologyLabels must be a list of strings");
  }
  const decoded = decodeParams(params, given);
  const { topologyLabels = [], nodeSelector = new Map<string, string>(), requireReady = false } = decoded;
  const onMissingLabel =
    decoded.onMissingLabel === undefined || decoded.onMissingLabel === "" ? "skip" : decoded.onMissingLabel;
  if (onMissingLabel !== "skip" && onMissingLabel !== "fail") throw refused("onMissingLabel must be skip or fail");
  if (topologyLabels.length === 0) {
    throw refused("topologyLabels must contain at least one label key, closest tier first");
  }
  const seen = new Set<string>();
  for (const key of topologyLabels) {
    checkLabelKey("topologyLabels", key);
    if (seen.has(key)) throw refused(`duplicate topologyLabels key ${quoteGo(key)}`);
    seen.add(key);
  }
  for (const [key, value] of [...nodeSelector].sort(([a], [b]) => compareBytes(a, b))) {
    checkLabelKey("nodeSelector", key);
    const problems = labelValueProblems(value);
    if (problems.length > 0) throw refused(`invalid nodeSelector value for ${quoteGo(key)}: ${problems.join("; ")}`);
  }
  return { topologyLabels, nodeSelector, requireReady, onMissingLabel };
}

function checkLabelKey(parameter: string, key: string): void {
  const problems = labelKeyProblems(key);
  if (problems.length === 0) return;
  throw refused(`${parameter} ${quoteGo(key)} is not a valid Kubernetes label key: ${problems.join("; ")}`);
}

/**
 * The graph of the requested Nodes that have all labels; the others are left out rather than shown without a place.
 * Throws `TopologyError`: 502 where the Nodes cannot be listed in time, 503 where nothing would be left, so that what
 * was written before stays.
 */
export async function kubernetesGraph(
  api: KubernetesApi,
  { topologyLabels, nodeSelector, requireReady, onMissingLabel }: KubernetesProviderParams,
  request: readonly ComputeInstances[],
  host: Pick<TopologyHost, "log" | "metrics">,
  signal: AbortSignal,
  options: { readonly listDeadlineMs?: number } = {},
): Promise<TopologyGraph> {
  const nodes = await listNodes(api, nodeSelector, signal, options.listDeadlineMs ?? listDeadlineMs);
  const requested = new Map<string, string>();
  for (const { instances } of request) for (const [id, name] of instances) requested.set(id, name);
  const eligible = new Map<string, string>();
  const topologies: InstanceTopology[] = [];
  for (const node of nodes) {
    const { deletionTimestamp } = node.metadata ?? {};
    const id = nodeInstance(node);
    const name = requested.get(id);
    if (name === undefined || (deletionTimestamp !== undefined && deletionTimestamp !== null)) continue;
    if (requireReady && !isCondition(node, "Ready")) continue;
    const problem = labelProblem(node, topologyLabels);
    if (problem !== undefined) {
      if (onMissingLabel === "fail") throw refused(problem);
      host.log("warning", problem);
      continue;
    }
    const values = topologyLabels.map((key) => node.metadata?.labels?.[key] ?? "");
    topologies.push({ instanceId: id, tiers: values.map((_, index) => switchId(values.slice(index))) });
    eligible.set(id, name);
  }
  if (requested.size > 0 && eligible.size === 0) {
    throw new TopologyError(503, "no requested nodes have usable topology; preserving the last successful output");
  }
  return liveGraph(topologies, [{ region: "", instances: eligible }], { provider: "kubernetes", trimTiers: 0 }, host);
}

async function listNodes(
  api: KubernetesApi,
  nodeSelector: ReadonlyMap<string, string>,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<readonly KubernetesObject[]> {
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    return await kubernetesNodes(api, nodeSelector, AbortSignal.any([signal, deadline]));
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    const message = "failed to list node in the cluster: context deadline exceeded";
    throw new TopologyError(502, message, { cause: error });
  }
}

function labelProblem(node: KubernetesObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = node.metadata?.labels?.[key] ?? "";
    if (value === "" || labelValueProblems(value).length > 0) {
      const [name, label, shown] = [objectName(node), key, value].map(quoteGo);
      return `node ${name} has missing or invalid topology label ${label}: ${shown}`;
    }
  }
  return undefined;
}

/**
 * The id of the switch that these labels name, closest first: that of the top tier is its label; a lower one, whose label
 * says only which it is of its parent's, has a hash of the path as well. Every id is a legal value of a label.
 */
export function switchId(values: readonly string[]): string {
  const [own = "", ...above] = values;
  if (above.length === 0) return own;
  const digest = createHash("sha256").update(values.join("/")).digest("hex").slice(0, 32);
  return `${own.slice(0, 30).replace(/[-_.]+$/, "")}-${digest}`;
}

function refused(message: string): TopologyError {
  return new TopologyError(400, message);
}
