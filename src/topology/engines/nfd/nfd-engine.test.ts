import { describe, expect, test } from "vitest";
import type { ComputeInstances, DomainHost, TopologyGraph, Vertex } from "../../graph/topology-graph.ts";
import type { KubernetesObject } from "../../kubernetes-api.ts";
import { fieldAt } from "../../kubernetes-nodes.ts";
import { recordedHost } from "../../kubernetes/recorded-host.ts";
import { recordedKubernetes, type RecordedKubernetes } from "../../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import type { Provider } from "../../provider.ts";
import { nfdEngine } from "./nfd-engine.ts";
import { stableName } from "./nfd-objects.ts";

const { signal } = new AbortController();
const provider: Provider = { graph: () => Promise.reject(new Error("not asked")) };
const namespace = "node-feature-discovery";

function node(name: string, labels: Record<string, string> = {}): KubernetesObject {
  return { kind: "Node", metadata: { name, labels } };
}

function vertex(id: string, children: readonly Vertex[] = [], name = ""): Vertex {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}

function host(domain: string, nodeName: string, subDomain?: string): [string, DomainHost] {
  return [nodeName, { domain, instanceId: `i-${nodeName}`, nodeName, ...(subDomain !== undefined && { subDomain }) }];
}

/** spine-1 over leaf-1 with node-a and node-b, and leaf-2 with node-c; node-a alone has a part of its domain. */
const graph: TopologyGraph = {
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

async function run(
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

const names = (objects: readonly KubernetesObject[]): unknown[] => objects.map(({ metadata }) => metadata?.name);
const attributes = (object: KubernetesObject | undefined): unknown =>
  fieldAt(object, ["spec", "features", "attributes"]);
const ofNode = (api: RecordedKubernetes, name: string): KubernetesObject | undefined =>
  api.objects("NodeFeature").find(({ metadata }) => metadata?.annotations?.["topograph.run/node-name"] === name);

describe("objects", () => {
  test("one feature per node and one group per kind and value", async () => {
    const api = recordedKubernetes([node("node-a"), node("node-b"), node("node-c")]);
    expect(await run(api)).toBe("OK nodeFeatures=3 nodeFeatureGroups=6\n");
    expect(names(api.objects("NodeFeatureGroup"))).toEqual([
      expect.stringMatching(/^topograph-accelerator-domain-nvl-a-[0-9a-f]{8}$/),
      expect.stringMatching(/^topograph-accelerator-domain-nvl-c-[0-9a-f]{8}$/),
      expect.stringMatching(/^topograph-accelerator-sub-domain-nvl-a-rack-1-[0-9a-f]{8}$/),
      expect.stringMatching(/^topograph-fabric-tier-0-leaf-1-[0-9a-f]{8}$/),
      expect.stringMatching(/^topograph-fabric-tier-0-leaf-2-[0-9a-f]{8}$/),
      expect.stringMatching(/^topograph-fabric-tier-1-spine-1-[0-9a-f]{8}$/),
    ]);
  });

  test("a feature says the node's name and its place", async () => {
    const api = recordedKubernetes([node("node-a")]);
    await run(api);
    expect(ofNode(api, "node-a")).toMatchObject({
      apiVersion: "nfd.k8s-sigs.io/v1alpha1",
      kind: "NodeFeature",
      metadata: {
        name: stableName("topograph-node", "node-a"),
        namespace,
        labels: {
          "app.kubernetes.io/managed-by": "topograph",
          "nfd.node.kubernetes.io/node-name": "node-a",
          "topograph.run/engine": "nfd",
          "topograph.run/resource": "nodefeature",
        },
        annotations: { "topograph.run/node-name": "node-a" },
      },
      spec: {
        features: {
          attributes: {
            "system.name": { elements: { nodename: "node-a" } },
            "topograph.network": {
              elements: {
                "accelerator-domain": "nvl-a",
                "accelerator-sub-domain": "nvl-a.rack-1",
                "fabric-tier-0": "leaf-1",
                "fabric-tier-1": "spine-1",
              },
            },
          },
        },
      },
    });
  });

  test("a group has one rule, which its name says", async () => {
    const api = recordedKubernetes([node("n")]);
    await run(api, { root: vertex("", [vertex("a2", [vertex("i", [], "n")])]) });
    expect(api.objects("NodeFeatureGroup")).toMatchObject([
      {
        apiVersion: "nfd.k8s-sigs.io/v1alpha1",
        kind: "NodeFeatureGroup",
        metadata: {
          name: "topograph-fabric-tier-0-a2-2c3a4249",
          labels: {
            "app.kubernetes.io/managed-by": "topograph",
            "topograph.run/engine": "nfd",
            "topograph.run/group-type": "fabric-tier-0",
            "topograph.run/resource": "nodefeaturegroup",
          },
          annotations: {
            "topograph.run/label-key": "fabric.topograph.run/tier-0",
            "topograph.run/label-value": "a2",
          },
        },
        spec: {
          featureGroupRules: [
            {
              name: "fabric-tier-0 equals a2",
              matchFeatures: [
                {
                  feature: "topograph.network",
                  matchExpressions: { "fabric-tier-0": { op: "In", value: ["a2"] } },
                },
              ],
            },
          ],
        },
      },
    ]);
  });

  test("a Node that says its domain itself has that one, no part of it, and its label's name in the group", async () => {
    const label = "example.com/accelerator-domain";
    const api = recordedKubernetes([node("node-a", { [label]: "own" }), node("node-b", { [label]: "" })]);
    await run(
      api,
      {
        ...graph,
        domains: new Map([
          ["nvl-a", graph.domains?.get("nvl-a") ?? new Map()],
          ["own", new Map([host("own", "node-c")])],
        ]),
      },
      { acceleratorDomainSourceLabel: label },
    );
    const place = (domain: string, leaf: string): unknown =>
      expect.objectContaining({
        "topograph.network": {
          elements: { "accelerator-domain": domain, "fabric-tier-0": leaf, "fabric-tier-1": "spine-1" },
        },
      });
    expect(attributes(ofNode(api, "node-a"))).toEqual(place("own", "leaf-1"));
    expect(JSON.stringify(attributes(ofNode(api, "node-a")))).toContain(
      '{"accelerator-domain":"own","fabric-tier-0":"leaf-1","fabric-tier-1":"spine-1"}',
    );
    expect(attributes(ofNode(api, "node-b"))).toEqual(place("nvl-a", "leaf-1"));
    const groups = api.objects("NodeFeatureGroup").map(({ metadata }) => metadata?.annotations ?? {});
    const keyOf = (value: string): unknown =>
      groups.find((annotations) => annotations["topograph.run/label-value"] === value)?.["topograph.run/label-key"];
    expect(keyOf("own")).toBe(label);
    expect(keyOf("nvl-a")).toBe("accelerator.topograph.run/domain");
    expect(keyOf("nvl-a.rack-1")).toBeUndefined();
  });

  test("have names that DNS takes, the same for the same value, however long it is", () => {
    expect(stableName("topograph-node", "Ä_b..C")).toMatch(/^topograph-node-b-c-[0-9a-f]{8}$/);
    expect(stableName("topograph-node", "---")).toMatch(/^topograph-node-value-[0-9a-f]{8}$/);
    const long = stableName("topograph-node", `${"x".repeat(38)}.${"y".repeat(100)}`);
    expect(long).toMatch(/^topograph-node-x{38}-[0-9a-f]{8}$/);
    expect(long.length).toBeLessThanOrEqual(63);
  });

  test("are not made for a node whose name no label can have", async () => {
    const name = "n".repeat(64);
    await expect(
      run(recordedKubernetes(), { root: vertex("", [vertex("l", [vertex("i", [], name)])]) }),
    ).rejects.toMatchObject({
      status: 400,
      message: `node name "${name}" cannot be used as "nfd.node.kubernetes.io/node-name" label value: must be no more than 63 characters`,
    });
  });
});

describe("writing", () => {
  test("patches the spec first, then labels and annotations in their order", async () => {
    const api = recordedKubernetes([node("n")]);
    const shown = { root: vertex("", [vertex("a2", [vertex("i", [], "n")])]) };
    await run(api, shown);
    api.forget();
    await run(api, shown);
    const group = api.writes().find(({ plural }) => plural === "nodefeaturegroups");
    expect(group).toMatchObject({ verb: "patch", patchType: "json", namespace });
    expect(group?.body).toMatchObject([
      { op: "add", path: "/spec" },
      { op: "add", path: "/metadata/labels/app.kubernetes.io~1managed-by", value: "topograph" },
      { op: "add", path: "/metadata/labels/topograph.run~1engine", value: "nfd" },
      { op: "add", path: "/metadata/labels/topograph.run~1group-type", value: "fabric-tier-0" },
      { op: "add", path: "/metadata/labels/topograph.run~1resource", value: "nodefeaturegroup" },
      { op: "add", path: "/metadata/annotations/topograph.run~1label-key", value: "fabric.topograph.run/tier-0" },
      { op: "add", path: "/metadata/annotations/topograph.run~1label-value", value: "a2" },
    ]);
    expect(api.writes().every(({ verb }) => verb === "patch")).toBe(true);
    // As Topograph writes it: Go sorts the names of all fields.
    expect(JSON.stringify(group?.body)).toMatch(
      /^\[\{"op":"add","path":"\/spec","value":\{"featureGroupRules":\[\{"matchFeatures":\[\{"feature":"topograph\.network","matchExpressions":\{"fabric-tier-0":\{"op":"In","value":\["a2"\]\}\}\}\],"name":"fabric-tier-0 equals a2"\}\]\}\},/,
    );
  });

  test("replaces all that the spec had, and leaves labels of others alone", async () => {
    const api = recordedKubernetes([
      {
        apiVersion: "nfd.k8s-sigs.io/v1alpha1",
        kind: "NodeFeature",
        metadata: {
          name: stableName("topograph-node", "n"),
          namespace,
          labels: { "example.com/kept": "yes" },
          annotations: {},
        },
        spec: { features: { attributes: { "topograph.network": { elements: { "fabric-tier-2": "old" } } } } },
      },
    ]);
    await run(api, { root: vertex("", [vertex("l", [vertex("i", [], "n")])]) });
    const [feature] = api.objects("NodeFeature");
    expect(fieldAt(attributes(feature), ["topograph.network", "elements"])).toEqual({ "fabric-tier-0": "l" });
    expect(feature?.metadata?.labels).toMatchObject({ "example.com/kept": "yes", "topograph.run/engine": "nfd" });
  });

  test("patches again where somebody creates the object in between", async () => {
    const api = recordedKubernetes([node("n")]);
    const shown = { root: vertex("", [vertex("l", [vertex("i", [], "n")])]) };
    await run(api, shown);
    api.forget();
    api.fail({ verb: "patch", plural: "nodefeatures", status: 404, times: 1 });
    await run(api, shown);
    const verbs = api
      .writes()
      .filter(({ plural }) => plural === "nodefeatures")
      .map(({ verb }) => verb);
    expect(verbs).toEqual(["patch", "create", "patch"]);
  });

  test("ends with the server's words", async () => {
    const api = recordedKubernetes([node("n")]);
    api.fail({ verb: "patch", status: 403, message: "nodefeatures is forbidden" });
    await expect(run(api)).rejects.toMatchObject({ status: 502, message: "nodefeatures is forbidden" });
  });
});

describe("cleanup", () => {
  const stale = (kind: string, resource: string, labels: Record<string, string> = {}): KubernetesObject => ({
    apiVersion: "nfd.k8s-sigs.io/v1alpha1",
    kind,
    metadata: {
      name: `stale-${resource}`,
      namespace,
      labels: {
        "app.kubernetes.io/managed-by": "topograph",
        "topograph.run/engine": "nfd",
        "topograph.run/resource": resource,
        ...labels,
      },
    },
  });
  const leftOver = [stale("NodeFeature", "nodefeature"), stale("NodeFeatureGroup", "nodefeaturegroup")];
  const others = stale("NodeFeature", "nodefeature", { "app.kubernetes.io/managed-by": "somebody" });

  test("deletes objects of ours that no node has any more, and nothing of others", async () => {
    const api = recordedKubernetes([...leftOver, { ...others, metadata: { ...others.metadata, name: "other" } }]);
    await run(api);
    expect(names(api.objects("NodeFeature"))).toContain("other");
    expect(names(api.objects("NodeFeature"))).not.toContain("stale-nodefeature");
    expect(names(api.objects("NodeFeatureGroup"))).not.toContain("stale-nodefeaturegroup");
    expect(api.requests.filter(({ verb, plural }) => verb === "list" && plural === "nodefeatures")).toEqual([
      {
        verb: "list",
        plural: "nodefeatures",
        namespace,
        labelSelector:
          "app.kubernetes.io/managed-by=topograph,topograph.run/engine=nfd,topograph.run/resource=nodefeature",
      },
    ]);
  });

  test("is left out where told", async () => {
    const api = recordedKubernetes(leftOver);
    await run(api, graph, { cleanup: false });
    expect(names(api.objects("NodeFeature"))).toContain("stale-nodefeature");
  });

  test("never empties the cluster: without any object nothing is deleted", async () => {
    const api = recordedKubernetes(leftOver);
    await expect(run(api, {})).rejects.toMatchObject({
      status: 502,
      message: "generated no NFD topology objects; keeping the existing topology",
    });
    expect(api.writes()).toEqual([]);
  });

  test("without cleanup no objects are a good answer", async () => {
    expect(await run(recordedKubernetes(), {}, { cleanup: false })).toBe("OK nodeFeatures=0 nodeFeatureGroups=0\n");
  });
});

test.each([{}, { NFD_NAMESPACE: "" }, { NFD_NAMESPACE: "  " }])("a namespace is needed: %j", async (environment) => {
  await expect(
    nfdEngine.open(new Map(), recordedHost(recordedKubernetes(), environment), signal),
  ).rejects.toMatchObject({
    status: 502,
    message: "NFD_NAMESPACE environment variable is required",
  });
});

test("a source label is checked before the namespace", async () => {
  const params = toParamMap({ acceleratorDomainSourceLabel: "not a label" });
  await expect(nfdEngine.open(params, recordedHost(recordedKubernetes()), signal)).rejects.toMatchObject({
    status: 400,
  });
});

test("Nodes are listed once, also where the request names instances", async () => {
  const api = recordedKubernetes([node("node-a"), node("node-b"), node("node-c")]);
  const given: readonly ComputeInstances[] = [{ region: "r", instances: new Map([["i-a", "node-a"]]) }];
  const engine = await nfdEngine.open(new Map(), recordedHost(api, { NFD_NAMESPACE: namespace }), signal);
  expect(await engine.resolve(given, provider, signal)).toBe(given);
  await engine.output(graph, signal);
  expect(api.requests.filter(({ plural }) => plural === "nodes")).toHaveLength(1);
});

test("instances are found by the Nodes' annotations", async () => {
  const annotations = { "topograph.run/instance": "i1", "topograph.run/region": "r1" };
  const api = recordedKubernetes([{ kind: "Node", metadata: { name: "n1", annotations } }, node("n2")]);
  const engine = await nfdEngine.open(new Map(), recordedHost(api, { NFD_NAMESPACE: namespace }), signal);
  expect(await engine.resolve([], provider, signal)).toEqual([{ region: "r1", instances: new Map([["i1", "n1"]]) }]);
});

test("many nodes are written at once", async () => {
  const leaf = vertex(
    "leaf",
    Array.from({ length: 2000 }, (_, index) => vertex(`i${index}`, [], `n${index}`)),
  );
  const api = recordedKubernetes();
  expect(await run(api, { root: vertex("", [leaf]) })).toBe("OK nodeFeatures=2000 nodeFeatureGroups=1\n");
  expect(api.peakConcurrency).toBe(64);
});
