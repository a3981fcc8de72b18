import type { ComputeInstances, DomainHost, TopologyGraph, Vertex } from "../src/topology/graph/topology-graph.ts";
import type { KubernetesObject } from "../src/topology/kubernetes-api.ts";
import { recordedHost, type RecordedHost } from "../src/topology/kubernetes/recorded-host.ts";
import type { RecordedKubernetes } from "../src/topology/kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../src/topology/params/to-param-map.ts";
import type { Provider } from "../src/topology/provider.ts";
import { k8sEngine } from "../src/topology/engines/k8s.ts";

// What tests of the engine `k8s` share: a small tree, the Nodes in it, and a run of the engine over recorded Kubernetes.
export const { signal } = new AbortController();
export const provider: Provider = { graph: () => Promise.reject(new Error("not asked")) };
export const longId = "S3very-very-long-id-to-check-label-value-limits-of-63-characters";

export function node(
  name: string,
  labels: Record<string, string> = {},
  annotations?: Record<string, string>,
): KubernetesObject {
  return { kind: "Node", metadata: { name, labels, ...(annotations !== undefined && { annotations }) } };
}

export function vertex(id: string, children: readonly Vertex[] = [], name = ""): Vertex {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}

export function domains(...hosts: readonly DomainHost[]): Map<string, Map<string, DomainHost>> {
  const made = new Map<string, Map<string, DomainHost>>();
  for (const host of hosts) {
    made.set(host.domain, (made.get(host.domain) ?? new Map<string, DomainHost>()).set(host.nodeName, host));
  }
  return made;
}

/** c over s over l1 and l2, a node under each leaf, one node without a place. */
export const tree: TopologyGraph = {
  root: vertex("", [
    vertex("c", [vertex("s", [vertex("l1", [vertex("i1", [], "n1")]), vertex("l2", [vertex("i2", [], "n2")])])]),
    vertex("no-topology", [vertex("i3", [], "n3")]),
  ]),
};

const requested: readonly ComputeInstances[] = [
  {
    region: "r",
    instances: new Map([
      ["i1", "n1"],
      ["i2", "n2"],
      ["i3", "n3"],
    ]),
  },
];

export async function run(
  api: RecordedKubernetes,
  graph: TopologyGraph,
  params: Record<string, unknown> = {},
  { given = requested, host = recordedHost(api) }: { given?: readonly ComputeInstances[]; host?: RecordedHost } = {},
): Promise<string> {
  const engine = await k8sEngine.open(toParamMap(params), host, signal);
  await engine.resolve(given, provider, signal);
  return engine.output(graph, signal);
}

export const patches = (api: RecordedKubernetes): unknown[] =>
  api.writes().map(({ name, patchType, body }) => [name, patchType, body]);
