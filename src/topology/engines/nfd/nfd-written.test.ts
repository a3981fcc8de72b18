import { describe, expect, test } from "vitest";
import { attributes, graph, names, namespace, node, run, vertex } from "../../../../test/nfd-cluster.ts";
import type { KubernetesObject } from "../../kubernetes-api.ts";
import { fieldAt } from "../../kubernetes-nodes.ts";
import { recordedKubernetes } from "../../kubernetes/recorded-kubernetes.ts";
import { stableName } from "./nfd-objects.ts";

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
