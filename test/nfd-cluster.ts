import type { DomainHost, TopologyGraph, Vertex } from "../src/topology/graph/topology-graph.ts";
import type { KubernetesObject } from "../src/topology/kubernetes-api.ts";
import { fieldAt } from "../src/topology/kubernetes-nodes.ts";
import { recordedHost } from "../src/topology/kubernetes/recorded-host.ts";
import type { RecordedKubernetes } from "../src/topology/kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../src/topology/params/to-param-map.ts";
import type { Provider } from "../src/topology/provider.ts";
import { nfdEngine } from "../src/topology/engines/nfd/nfd-engine.ts";

// What tests of the engine `nfd` share: a small tree, the Nodes in it, and a run of the engine over recorded Kubernetes.
export const { signal } = new AbortController();
export const provider: Provider = { graph: () => Promise.reject(new Error("not asked")) };
export const namespace = "node-feature-discovery";

export function node(name: string, labels: Record<string, string> = {}): KubernetesObject {
  return { kind: "Node", metadata: { name, labels } };
}

export function vertex(id: string, children: readonly Vertex[] = [], name = ""): Vertex {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}

export function host(domain: string, nodeName: string, subDomain?: string): [string, DomainHost] {
  return [nodeName, { domain, instanceId: `i-${nodeName}`, nodeName, ...(subDomain !== undefined && { subDomain }) }];
}

/** spine-1 over leaf-1 with node-a and node-b, and leaf-2 with node-c; node-a alone has a part of its domain. */
export const graph: TopologyGraph = {
  root: vertex("", [
    vertex("spine-1", [
      vertex("leaf-1", [vertex("i-a", [], "node-a"), vertex("i-b", [], "node-b")]),
      vertex("leaf-2", [vertex("i-c", [], "node-c")]),
    ]),
  ]),
  domains: new Map([
    ["nvl-a", new Map([host("nvl-a", "node-a", "nvl-a.rack-1"), host("nvl-a", "node-b")])],
    ["nvl-c", new Map([host("nvl-c", "node-c")])],
  ]),
};

export async function run(
  api: RecordedKubernetes,
  shown: TopologyGraph = graph,
  params: Record<string, unknown> = {},
): Promise<string> {
  const engine = await nfdEngine.open(
    toParamMap(params),
    recordedHost(api, { NFD_NAMESPACE: ` ${namespace} ` }),
    signal,
  );
  return engine.output(shown, signal);
}

export const names = (objects: readonly KubernetesObject[]): unknown[] => objects.map(({ metadata }) => metadata?.name);
export const attributes = (object: KubernetesObject | undefined): unknown =>
  fieldAt(object, ["spec", "features", "attributes"]);
export const ofNode = (api: RecordedKubernetes, name: string): KubernetesObject | undefined =>
  api.objects("NodeFeature").find(({ metadata }) => metadata?.annotations?.["topograph.run/node-name"] === name);
