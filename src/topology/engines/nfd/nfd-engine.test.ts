import { describe, expect, test } from "vitest";
import {
  attributes,
  graph,
  host,
  names,
  namespace,
  node,
  ofNode,
  provider,
  run,
  signal,
  vertex,
} from "../../../../test/nfd-cluster.ts";
import type { ComputeInstances } from "../../graph/topology-graph.ts";
import { recordedHost } from "../../kubernetes/recorded-host.ts";
import { recordedKubernetes } from "../../kubernetes/recorded-kubernetes.ts";
import { toParamMap } from "../../params/to-param-map.ts";
import { nfdEngine } from "./nfd-engine.ts";
import { stableName } from "./nfd-objects.ts";

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
