import { describe, expect, test } from "vitest";
import type { ComputeInstances, DomainHost, TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import type { KubernetesObject } from "../kubernetes-api.ts";
import { recordedHost, type RecordedHost } from "../kubernetes/recorded-host.ts";
import { recordedKubernetes, type RecordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../params/to-param-map.ts";
import type { Provider } from "../provider.ts";
import { k8sEngine } from "./k8s.ts";

const { signal } = new AbortController();
const provider: Provider = { graph: () => Promise.reject(new Error("not asked")) };
const longId = "S3very-very-long-id-to-check-label-value-limits-of-63-characters";

function node(
  name: string,
  labels: Record<string, string> = {},
  annotations?: Record<string, string>,
): KubernetesObject {
  return { kind: "Node", metadata: { name, labels, ...(annotations !== undefined && { annotations }) } };
}

function vertex(id: string, children: readonly Vertex[] = [], name = ""): Vertex {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}

function domains(...hosts: readonly DomainHost[]): Map<string, Map<string, DomainHost>> {
  const made = new Map<string, Map<string, DomainHost>>();
  for (const host of hosts) {
    made.set(host.domain, (made.get(host.domain) ?? new Map<string, DomainHost>()).set(host.nodeName, host));
  }
  return made;
}

/** c over s over l1 and l2, a node under each leaf, one node without a place. */
const tree: TopologyGraph = {
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

async function run(
  api: RecordedKubernetes,
  graph: TopologyGraph,
  params: Record<string, unknown> = {},
  { given = requested, host = recordedHost(api) }: { given?: readonly ComputeInstances[]; host?: RecordedHost } = {},
): Promise<string> {
  const engine = await k8sEngine.open(toParamMap(params), host, signal);
  await engine.resolve(given, provider, signal);
  return engine.output(graph, signal);
}

const patches = (api: RecordedKubernetes): unknown[] =>
  api.writes().map(({ name, patchType, body }) => [name, patchType, body]);

describe("labels", () => {
  test("say the switches above each node, closest first, in one list and one patch per node", async () => {
    const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
    expect(await run(api, tree)).toBe("OK\n");
    const tiers = (...ids: string[]): unknown => ({
      metadata: { labels: Object.fromEntries(ids.map((id, tier) => [`fabric.topograph.run/tier-${tier}`, id])) },
    });
    expect(patches(api)).toEqual([
      ["n1", "strategic-merge", tiers("l1", "s", "c")],
      ["n2", "strategic-merge", tiers("l2", "s", "c")],
      ["n3", "strategic-merge", tiers("no-topology")],
    ]);
    expect(api.requests.filter(({ verb }) => verb !== "patch")).toEqual([{ verb: "list", plural: "nodes" }]);
  });

  test("are not written again by a second, identical run", async () => {
    const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
    await run(api, tree);
    api.forget();
    await run(api, tree);
    expect(api.writes()).toEqual([]);
  });

  test("of ours that are stale are set to null, and only what changed is sent", async () => {
    const current = {
      "accelerator.topograph.run/domain": "old",
      "fabric.topograph.run/tier-0": "l1",
      "fabric.topograph.run/tier-9": "old",
      "fabric.topograph.run/tier-x": "not ours",
      other: "kept",
    };
    const api = recordedKubernetes([node("n1", { ...current, "fabric.topograph.run/tier-x": "not-ours" })]);
    const graph = { root: vertex("", [vertex("r1", [vertex("l1", [vertex("i1", [], "n1")])])]) };
    await run(api, graph);
    expect(JSON.stringify(api.writes()[0]?.body)).toBe(
      '{"metadata":{"labels":{"accelerator.topograph.run/domain":null,"fabric.topograph.run/tier-1":"r1","fabric.topograph.run/tier-9":null}}}',
    );
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({
      "fabric.topograph.run/tier-0": "l1",
      "fabric.topograph.run/tier-1": "r1",
      "fabric.topograph.run/tier-x": "not-ours",
      other: "kept",
    });
  });

  test("with values of more than 63 characters have x and their hash", async () => {
    const api = recordedKubernetes([node("n1")]);
    await run(api, { root: vertex("", [vertex(longId, [vertex("i1", [], "n1")])]) });
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({ "fabric.topograph.run/tier-0": "xf946c4acef2d5939" });
  });

  test("count bytes, not characters, up to the limit", async () => {
    const api = recordedKubernetes([node("n1"), node("n2")]);
    const exactly = "x".repeat(63);
    const wide = "ü".repeat(32);
    const graph = {
      root: vertex("", [vertex(exactly, [vertex("i1", [], "n1")]), vertex(wide, [vertex("i2", [], "n2")])]),
    };
    await run(api, graph);
    const values = api.objects("Node").map(({ metadata }) => metadata?.labels?.["fabric.topograph.run/tier-0"]);
    expect(values).toEqual([exactly, expect.stringMatching(/^x[0-9a-f]{1,16}$/)]);
  });

  test("are sent as they are where the API server will refuse them, whose words come back", async () => {
    const api = recordedKubernetes([node("n1")]);
    await expect(run(api, { root: vertex("", [vertex("a/b", [vertex("i1", [], "n1")])]) })).rejects.toMatchObject({
      status: 502,
      message:
        'failed to patch topology labels on node "n1": Node "n1" is invalid: metadata.labels: Invalid value: "a/b"',
    });
    expect(api.writes()[0]?.body).toEqual({ metadata: { labels: { "fabric.topograph.run/tier-0": "a/b" } } });
  });

  test("have names of their own, and fewer names than tiers leave tiers out", async () => {
    const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
    await run(api, tree, { fabricLabels: ["example.com/leaf", "example.com/spine"] });
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({ "example.com/leaf": "l1", "example.com/spine": "s" });
  });

  test("say the accelerator domain and its part", async () => {
    const api = recordedKubernetes([node("n1"), node("n2")]);
    await run(api, {
      domains: domains(
        { domain: "d", subDomain: "d.r1", instanceId: "i1", nodeName: "n1" },
        { domain: "d", instanceId: "i2", nodeName: "n2" },
      ),
    });
    expect(api.objects("Node").map(({ metadata }) => metadata?.labels)).toEqual([
      { "accelerator.topograph.run/domain": "d", "accelerator.topograph.run/sub-domain": "d.r1" },
      { "accelerator.topograph.run/domain": "d" },
    ]);
  });

  test("a name of one's own for the domain takes the standard one's place; the part keeps its name", async () => {
    const api = recordedKubernetes([node("n1", { "accelerator.topograph.run/domain": "old" })]);
    await run(
      api,
      { domains: domains({ domain: "d", subDomain: "d.r1", instanceId: "i1", nodeName: "n1" }) },
      { acceleratorLabel: "example.com/nvl" },
    );
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({
      "example.com/nvl": "d",
      "accelerator.topograph.run/sub-domain": "d.r1",
    });
  });

  test("a Node that says its domain itself keeps that word, and loses ours; others get the provider's", async () => {
    const ours = { "accelerator.topograph.run/domain": "d", "accelerator.topograph.run/sub-domain": "d.r1" };
    const api = recordedKubernetes([
      node("n1", { ...ours, "example.com/nvl": "own" }),
      node("n2", { "example.com/nvl": "" }),
    ]);
    const graph = {
      domains: domains(
        { domain: "d", subDomain: "d.r1", instanceId: "i1", nodeName: "n1" },
        { domain: "d", subDomain: "d.r1", instanceId: "i2", nodeName: "n2" },
      ),
    };
    await run(api, graph, { acceleratorDomainSourceLabel: "example.com/nvl" });
    expect(api.objects("Node").map(({ metadata }) => metadata?.labels)).toEqual([
      { "example.com/nvl": "own" },
      { "example.com/nvl": "", ...ours },
    ]);
  });

  test("a node in two domains is refused", async () => {
    const graph = {
      domains: domains(
        { domain: "d2", instanceId: "i1", nodeName: "n1" },
        { domain: "d1", instanceId: "i1", nodeName: "n1" },
      ),
    };
    await expect(run(recordedKubernetes([node("n1")]), graph)).rejects.toMatchObject({
      status: 502,
      message: "multiple accelerator labels d1, d2 for node n1",
    });
  });
});

describe("Nodes", () => {
  const annotated = (name: string, instance: string, region: string): KubernetesObject =>
    node(name, { gpu: "yes" }, { "topograph.run/instance": instance, "topograph.run/region": region });

  test("are found by their annotations, by region, and those without are passed over with a warning", async () => {
    const api = recordedKubernetes([
      annotated("n1", "i1", "r1"),
      annotated("n2", "i2", "r2"),
      annotated("n3", "i3", "r1"),
      node("n4", { gpu: "yes" }, { "topograph.run/region": "r1" }),
      node("n5", { gpu: "yes" }, { "topograph.run/instance": "i5" }),
      node("n6"),
    ]);
    const host = recordedHost(api);
    const engine = await k8sEngine.open(toParamMap({ nodeSelector: { gpu: "yes" } }), host, signal);
    expect(await engine.resolve([], provider, signal)).toEqual([
      {
        region: "r1",
        instances: new Map([
          ["i1", "n1"],
          ["i3", "n3"],
        ]),
      },
      { region: "r2", instances: new Map([["i2", "n2"]]) },
    ]);
    expect(host.lines).toEqual([
      'warning: missing "topograph.run/instance" annotation in node n4',
      'warning: missing "topograph.run/region" annotation in node n5',
    ]);
    expect(api.requests).toEqual([{ verb: "list", plural: "nodes", labelSelector: "gpu=yes" }]);
  });

  test("are selected by labels in the order in which Kubernetes' own client writes them", async () => {
    const api = recordedKubernetes();
    const engine = await k8sEngine.open(
      toParamMap({ nodeSelector: { b: "1", a: "2", "a-b": "3" } }),
      recordedHost(api),
      signal,
    );
    await engine.resolve([], provider, signal);
    expect(api.requests).toEqual([{ verb: "list", plural: "nodes", labelSelector: "a-b=3,a=2,b=1" }]);
  });

  test("that the request names and the list lacks are fetched one by one, and passed over where they are not selected", async () => {
    const api = recordedKubernetes([node("n1", { gpu: "yes" }), node("n2")]);
    const given = [
      {
        region: "r",
        instances: new Map([
          ["i1", "n1"],
          ["i2", "n2"],
        ]),
      },
    ];
    const host = recordedHost(api);
    await run(api, tree, { nodeSelector: { gpu: "yes" } }, { given, host });
    expect(api.requests.filter(({ verb }) => verb === "get")).toEqual([{ verb: "get", plural: "nodes", name: "n2" }]);
    expect(api.writes().map(({ name }) => name)).toEqual(["n1"]);
    expect(host.lines).toEqual([
      'warning: Skipping topology labels for node "n3" because it is not part of the resolved compute instances',
      'warning: Skipping topology labels for node "n2" because it does not match the engine nodeSelector',
    ]);
  });

  test("that do not exist end the request", async () => {
    await expect(run(recordedKubernetes([node("n1"), node("n2")]), tree)).rejects.toMatchObject({
      status: 502,
      message: 'node "n3" was not found in Kubernetes',
    });
  });

  test("are labelled without a look for instances before", async () => {
    const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
    const engine = await k8sEngine.open(new Map(), recordedHost(api), signal);
    await engine.output(tree, signal);
    expect(api.writes()).toHaveLength(3);
  });

  test("ten thousand of them are not ten thousand waits", async () => {
    const count = 10_000;
    const nodes = Array.from({ length: count }, (_, index) => node(`n${index}`));
    const leaf = vertex(
      "leaf",
      nodes.map((_, index) => vertex(`i${index}`, [], `n${index}`)),
    );
    const api = recordedKubernetes(nodes);
    const engine = await k8sEngine.open(new Map(), recordedHost(api), signal);
    await engine.output({ root: vertex("", [leaf]) }, signal);
    expect(api.writes()).toHaveLength(count);
    expect(api.peakConcurrency).toBe(64);
  });
});

test.each([
  ["list", "failed to list node in the cluster: no luck"],
  ["patch", 'failed to patch topology labels on node "n1": no luck'],
] as const)("a failure of %s is a 502 with the server's words", async (verb, message) => {
  const api = recordedKubernetes([node("n1"), node("n2"), node("n3")]);
  api.fail({ verb, status: 500, message: "no luck" });
  await expect(run(api, tree)).rejects.toMatchObject({ status: 502, message });
});

test("after a patch has failed no others are begun", async () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => node(`n${index}`));
  const leaf = vertex(
    "leaf",
    nodes.map((_, index) => vertex(`i${index}`, [], `n${index}`)),
  );
  const api = recordedKubernetes(nodes);
  api.fail({ verb: "patch", status: 403, message: "forbidden" });
  const engine = await k8sEngine.open(new Map(), recordedHost(api), signal);
  await expect(engine.output({ root: vertex("", [leaf]) }, signal)).rejects.toMatchObject({ status: 502 });
  expect(api.writes().length).toBeLessThanOrEqual(64);
});

test("an aborted request ends as such", async () => {
  const stop = new AbortController();
  const api = recordedKubernetes([node("n1")]);
  const engine = await k8sEngine.open(new Map(), recordedHost(api), stop.signal);
  const output = engine.output(tree, stop.signal);
  stop.abort(new Error("enough"));
  await expect(output).rejects.toThrow("enough");
});

describe("parameters", () => {
  const opened = (params: Record<string, unknown>): Promise<unknown> =>
    k8sEngine.open(toParamMap(params), recordedHost(recordedKubernetes()), signal);

  test.each([
    [
      { acceleratorLabel: "a", acceleratorDomainSourceLabel: "b" },
      "engine parameters acceleratorLabel and acceleratorDomainSourceLabel cannot be set together",
    ],
    [
      { acceleratorDomainSourceLabel: "not a label" },
      /: acceleratorDomainSourceLabel "not a label" is not a valid Kubernetes label key: name part must consist/,
    ],
    [{ fabricLabels: ["ok", "no no"] }, /: fabricLabels\[1\] "no no" is not a valid Kubernetes label key: /],
    [
      { fabricLabels: [""] },
      /: fabricLabels\[0\] "" is not a valid Kubernetes label key: name part must be non-empty; /,
    ],
    [{ acceleratorLabel: "-" }, /: acceleratorLabel "-" is not a valid Kubernetes label key: /],
    [
      { fabricLabels: ["x/a", "x/a"] },
      'topology label key "x/a" is configured for both fabricLabels[0] and fabricLabels[1]',
    ],
    [
      { fabricLabels: ["accelerator.topograph.run/domain"] },
      'topology label key "accelerator.topograph.run/domain" is configured for both fabricLabels[0] and acceleratorLabel',
    ],
    [
      { acceleratorLabel: "accelerator.topograph.run/sub-domain" },
      'topology label key "accelerator.topograph.run/sub-domain" is configured for both acceleratorLabel and xclrSubDomainLabel',
    ],
  ])("%j are refused", async (params, message) => {
    const failure: unknown = await opened(params).catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 400 });
    expect(String(failure)).toMatch(message);
  });

  test("that cannot be decoded are refused", async () => {
    await expect(opened({ nodeSelector: 1.5 })).rejects.toMatchObject({
      status: 400,
      message: "could not decode configuration: 1 error(s) decoding:\n\n* 'nodeSelector' expected a map, got 'float64'",
    });
  });
});
