import { describe, expect, test } from "vitest";
import { exactWords } from "../../../test/exact-words.ts";
import { recordingHost } from "../../../test/recording-host.ts";
import type { ComputeInstances, DomainMap } from "../graph/topology-graph.ts";
import type { KubernetesObject } from "../kubernetes-api.ts";
import { recordedKubernetes, type RecordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { dra } from "./dra.ts";

const { signal } = new AbortController();
const clique = "nvidia.com/gpu.clique";
const instances: readonly ComputeInstances[] = [
  {
    region: "local",
    instances: new Map([
      ["i-1", "sched-1"],
      ["i-2", "sched-2"],
    ]),
  },
];

describe("NVLink domains of Kubernetes Nodes", () => {
  test("are told by a label, for instances that annotations name", async () => {
    const api = recordedKubernetes([
      node("k1", { [clique]: "clique-1" }, { instance: "i-1", region: "local" }),
      node("k2", { [clique]: "clique-1" }, { instance: "i-2", region: "local" }),
      node("k3", { [clique]: "clique-1" }, { instance: "i-3", region: "local" }),
      node("k4", { [clique]: "clique-1" }, { instance: "i-1", region: "elsewhere" }),
      node("k5", { [clique]: "clique-1" }, { instance: "i-1" }),
      node("k6", { [clique]: "clique-1" }, {}),
    ]);
    const host = recordingHost({ kubernetes: async () => api });
    const provider = await dra.open({ params: new Map(), creds: new Map() }, host, signal);
    const graph = await provider.graph({ instances }, signal);
    expect(graph.root).toBeUndefined();
    expect(shown(graph.domains)).toEqual([["clique-1", ["i-1 sched-1", "i-2 sched-2"]]]);
    expect(host.recorded.log).toEqual([
      "warning: Node k5 has no annotation topograph.run/region, and is passed over",
      "warning: Node k6 has no annotation topograph.run/instance, and is passed over",
    ]);
    expect(provider.instanceMapper).toBeUndefined();
  });

  test("may be told by another label, of Nodes that are selected", async () => {
    const api = recordedKubernetes([
      node("k1", { domain: "d1", pool: "a" }, { instance: "i-1", region: "local" }),
      node("k2", { domain: "d1", pool: "b" }, { instance: "i-2", region: "local" }),
    ]);
    const accelerator = { source: "kubernetes-label", kubernetesLabel: { key: "domain" } };
    const { domains } = await graphOf(api, { accelerator, nodeSelector: { pool: "a" } });
    expect(shown(domains)).toEqual([["d1", ["i-1 sched-1"]]]);
  });

  test("that are not found are missed", async () => {
    const api = recordedKubernetes([node("k1", {}, { instance: "i-1", region: "local" })]);
    await expect(graphOf(api)).rejects.toMatchObject({
      status: 502,
      message:
        'no matching nodes found; check label "nvidia.com/gpu.clique" and annotations "topograph.run/region" and "topograph.run/instance"',
    });
  });

  test("cannot be read where the server does not list Nodes", async () => {
    const api = recordedKubernetes();
    api.fail({ status: 403, message: "nodes is forbidden" });
    await expect(graphOf(api)).rejects.toMatchObject({
      status: 502,
      message: "failed to list node in the cluster: nodes is forbidden",
    });
  });

  test.each([
    [{ accelerator: { source: "none" } }, 'dra provider supports only accelerator source "kubernetes-label"'],
    [{ accelerator: {} }, 'dra provider supports only accelerator source "kubernetes-label"'],
    [{ accelerator: null }, "accelerator section must be an object with a source"],
    [{ nodeSelector: 5 }, /'nodeSelector' expected a map, got 'float64'$/],
  ])("are not read with %j", async (params, message) => {
    await expect(graphOf(recordedKubernetes(), params)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(exactWords(message)),
    });
  });
});

function node(
  name: string,
  labels: Readonly<Record<string, string>>,
  known: { readonly instance?: string; readonly region?: string },
): KubernetesObject {
  const annotations = Object.fromEntries(Object.entries(known).map(([key, value]) => [`topograph.run/${key}`, value]));
  return { kind: "Node", metadata: { name, labels, annotations } };
}

async function graphOf(
  api: RecordedKubernetes,
  params: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly domains?: DomainMap }> {
  const host = recordingHost({ kubernetes: async () => api });
  const provider = await dra.open({ params: toParamMap(params), creds: new Map() }, host, signal);
  return provider.graph({ instances }, signal);
}

function shown(domains: DomainMap | undefined): unknown {
  return [...(domains ?? [])].map(([name, hosts]) => [
    name,
    Array.from(hosts.values(), ({ instanceId, nodeName }) => `${instanceId} ${nodeName}`),
  ]);
}
