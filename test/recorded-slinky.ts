import type { DomainHost, TopologyGraph, Vertex } from "../src/topology/graph/topology-graph.ts";
import type { KubernetesObject } from "../src/topology/kubernetes-api.ts";
import { fieldAt } from "../src/topology/kubernetes-nodes.ts";
import { recordedHost, type RecordedHost } from "../src/topology/kubernetes/recorded-host.ts";
import type { RecordedKubernetes } from "../src/topology/kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../src/topology/params/to-param-map.ts";
import { slinkyEngine } from "../src/topology/engines/slinky/slinky-engine.ts";

/** The parameters that every request needs. */
export const base = {
  namespace: "slurm",
  podSelector: { matchLabels: { app: "slurmd" } },
  topologyConfigmapName: "slurm-config",
  topologyConfigPath: "topology.conf",
};
export const tree = { ...base, plugin: "topology/tree" };
export const block = { ...base, plugin: "topology/block" };
/** The annotation that tells a Node its place. */
export const specAnnotation = "topology.slinky.slurm.net/spec";

/** A switch, or a node where it has a name. */
export function vertex(id: string, children: readonly Vertex[] = [], name = ""): Vertex {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}

/** c over r1 and r2, over a1 with n1 and a2 with n2; n1 and n2 in domains of their own. */
export const graph: TopologyGraph = {
  root: vertex("", [
    vertex("c", [
      vertex("r1", [vertex("a1", [vertex("i1", [], "n1")])]),
      vertex("r2", [vertex("a2", [vertex("i2", [], "n2")])]),
    ]),
  ]),
  domains: new Map([
    ["d1", new Map<string, DomainHost>([["n1", { domain: "d1", instanceId: "i1", nodeName: "n1" }]])],
    ["d2", new Map<string, DomainHost>([["n2", { domain: "d2", instanceId: "i2", nodeName: "n2" }]])],
  ]),
};

/** The graph as Slurm reads it. */
export const treeText = [
  "SwitchName=c Switches=r[1-2]",
  "SwitchName=r1 Switches=a1",
  "SwitchName=r2 Switches=a2",
  "SwitchName=a1 Nodes=n1",
  "SwitchName=a2 Nodes=n2",
  "",
].join("\n");

/** A Node of Kubernetes. */
export function node(
  name: string,
  more: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): KubernetesObject {
  return { kind: "Node", metadata: { name, labels: {}, ...more } };
}

/** What of a slurmd pod a test says. */
export interface PodFacts {
  readonly label?: string;
  readonly hostname?: string;
  readonly isReady?: boolean;
  readonly labels?: Record<string, string>;
}

/** A slurmd pod on a Node. */
export function slurmd(
  name: string,
  nodeName: string,
  { label, hostname, isReady = true, labels = {} }: PodFacts,
): KubernetesObject {
  return {
    kind: "Pod",
    metadata: {
      name,
      namespace: "slurm",
      labels: { app: "slurmd", ...labels, ...(label !== undefined && { "slurm.node.name": label }) },
    },
    spec: { nodeName, ...(hostname !== undefined && { hostname }) },
    status: { phase: "Running", conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] },
  };
}

/** A pod of Slinky's controller or for logins. */
export function component(name: string, role: string, phase = "Running"): KubernetesObject {
  const labels = { "app.kubernetes.io/component": role };
  return { kind: "Pod", metadata: { name, namespace: "slurm", labels }, status: { phase } };
}

/** Two Nodes with a slurmd pod each, which Slurm calls n1 and n2. */
export const cluster = [
  node("k1", { annotations: { "topograph.run/instance": "i1", "topograph.run/region": "r" } }),
  node("k2", { annotations: { "topograph.run/instance": "i2", "topograph.run/region": "r" } }),
  slurmd("p1", "k1", { label: "n1" }),
  slurmd("p2", "k2", { hostname: "n2" }),
];

/** Writes a graph with these parameters. */
export async function run(
  api: RecordedKubernetes,
  params: Record<string, unknown>,
  { shown = graph, host = recordedHost(api) }: { shown?: TopologyGraph; host?: RecordedHost } = {},
): Promise<string> {
  const { signal } = new AbortController();
  const engine = await slinkyEngine.open(toParamMap(params), host, signal);
  return engine.output(shown, signal);
}

/** What stands in the ConfigMap. */
export function written(api: RecordedKubernetes): string {
  return String(fieldAt(api.objects("ConfigMap")[0], ["data", "topology.conf"]));
}
