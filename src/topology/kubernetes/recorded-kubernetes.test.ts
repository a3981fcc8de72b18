import { describe, expect, test } from "vitest";
import type { KubernetesChange, KubernetesObject } from "../kubernetes-api.ts";
import { configMapsResource, nodesResource, podsResource } from "../kubernetes-nodes.ts";
import { recordedKubernetes } from "./recorded-kubernetes.ts";

const { signal } = new AbortController();
const node = (name: string, labels: Record<string, string> = {}): KubernetesObject => ({
  kind: "Node",
  metadata: { name, labels },
});
const names = (objects: readonly KubernetesObject[]): (string | undefined)[] =>
  objects.map(({ metadata }) => metadata?.name);

describe("listing", () => {
  const api = recordedKubernetes([
    node("n1", { zone: "a", gpu: "yes" }),
    node("n2", { zone: "b" }),
    node("n3"),
    { kind: "Pod", metadata: { name: "p1", namespace: "x" }, spec: { nodeName: "n1" } },
    { kind: "Pod", metadata: { name: "p2", namespace: "y" }, spec: { nodeName: "n1" } },
  ]);
  const matching = async (labelSelector: string): Promise<unknown> =>
    names(await api.list(nodesResource, { labelSelector }, signal));

  test.each([
    ["zone=a", ["n1"]],
    ["zone==b", ["n2"]],
    ["zone!=a", ["n2", "n3"]],
    ["zone in (a, b)", ["n1", "n2"]],
    ["zone notin (a)", ["n2", "n3"]],
    ["gpu", ["n1"]],
    ["!gpu", ["n2", "n3"]],
    ["zone in (a,b),!gpu", ["n2"]],
    ["", ["n1", "n2", "n3"]],
  ])("selects by labels: %s", async (selector, expected) => {
    expect(await matching(selector)).toEqual(expected);
  });

  test("refuses a selector that no server would take", async () => {
    await expect(matching("a b")).rejects.toMatchObject({ status: 400, message: "unable to parse requirement: a b" });
  });

  test("selects by namespace and by fields", async () => {
    expect(names(await api.list(podsResource, { namespace: "y" }, signal))).toEqual(["p2"]);
    expect(
      names(await api.list(podsResource, { fieldSelector: "spec.nodeName=n1,metadata.name!=p1" }, signal)),
    ).toEqual(["p2"]);
  });
});

describe("writing", () => {
  test("an update of an older version is refused with 409, one of the newest is taken", async () => {
    const api = recordedKubernetes([{ kind: "ConfigMap", metadata: { name: "c", namespace: "x" }, data: { a: "1" } }]);
    const old = await api.get(configMapsResource, { name: "c", namespace: "x" }, signal);
    const wanted = { ...old, data: { a: "2" } };
    await api.update(configMapsResource, wanted, signal);
    await expect(api.update(configMapsResource, wanted, signal)).rejects.toMatchObject({
      status: 409,
      message:
        'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  test("what is there cannot be created, what is not there cannot be updated, patched or removed", async () => {
    const api = recordedKubernetes([{ kind: "ConfigMap", metadata: { name: "c", namespace: "x" } }]);
    const nowhere = { metadata: { name: "d", namespace: "x" } };
    await expect(api.create(configMapsResource, "x", { metadata: { name: "c" } }, signal)).rejects.toMatchObject({
      status: 409,
      message: 'configmaps "c" already exists',
    });
    await expect(api.update(configMapsResource, nowhere, signal)).rejects.toMatchObject({
      status: 404,
      message: 'configmaps "d" not found',
    });
    const patch = { type: "merge", body: {} } as const;
    await expect(api.patch(configMapsResource, nowhere.metadata, patch, signal)).rejects.toMatchObject({ status: 404 });
    expect(await api.get(configMapsResource, nowhere.metadata, signal)).toBeUndefined();
    expect(await api.remove(configMapsResource, nowhere.metadata, signal)).toBe(false);
    expect(await api.remove(configMapsResource, { name: "c", namespace: "x" }, signal)).toBe(true);
  });

  test.each(["merge", "strategic-merge"] as const)("in a %s patch null deletes and the rest stays", async (type) => {
    const api = recordedKubernetes([node("n1", { a: "1", b: "2" })]);
    const body = { metadata: { labels: { a: null, c: "3" } } };
    const patched = await api.patch(nodesResource, { name: "n1" }, { type, body }, signal);
    expect(patched.metadata?.labels).toEqual({ b: "2", c: "3" });
    expect(api.writes()).toEqual([{ verb: "patch", plural: "nodes", name: "n1", patchType: type, body }]);
  });

  test("a JSON Patch adds, replaces, removes, copies, moves and tests, with escaped names", async () => {
    const api = recordedKubernetes([{ ...node("n1", { a: "1", b: "2" }), spec: { taints: ["x", "y"] } }]);
    const body = [
      { op: "test", path: "/metadata/labels/a", value: "1" },
      { op: "add", path: "/metadata/labels/x.y~1z", value: "9" },
      { op: "replace", path: "/metadata/labels/b", value: "3" },
      { op: "remove", path: "/metadata/labels/a" },
      { op: "copy", from: "/metadata/labels/b", path: "/metadata/labels/c" },
      { op: "move", from: "/metadata/labels/b", path: "/metadata/labels/d" },
      { op: "add", path: "/spec/taints/1", value: "between" },
      { op: "add", path: "/spec/taints/-", value: "last" },
      { op: "remove", path: "/spec/taints/0" },
    ];
    const patched = await api.patch(nodesResource, { name: "n1" }, { type: "json", body }, signal);
    expect(patched.metadata?.labels).toEqual({ "x.y/z": "9", c: "3", d: "3" });
    expect(patched["spec"]).toEqual({ taints: ["between", "y", "last"] });
  });

  test.each([
    { op: "remove", path: "/metadata/labels/no" },
    { op: "replace", path: "/metadata/no", value: 1 },
    { op: "add", path: "/no/where", value: 1 },
    { op: "test", path: "/metadata/name", value: "other" },
    { op: "add", path: "/spec/taints/7", value: "x" },
    { op: "mend", path: "/metadata/name" },
  ])("a JSON Patch that does not fit is 422 and changes nothing: $op $path", async (operation) => {
    const api = recordedKubernetes([{ ...node("n1", { a: "1" }), spec: { taints: [] } }]);
    const body = [{ op: "add", path: "/metadata/labels/before", value: "1" }, operation];
    await expect(api.patch(nodesResource, { name: "n1" }, { type: "json", body }, signal)).rejects.toMatchObject({
      status: 422,
    });
    expect(api.objects("Node")[0]?.metadata?.labels).toEqual({ a: "1" });
  });

  test.each(["a/b", "x".repeat(64), "-a"])("a label %j is refused with 422", async (value) => {
    const api = recordedKubernetes([node("n1")]);
    const body = { metadata: { labels: { a: value } } };
    await expect(
      api.patch(nodesResource, { name: "n1" }, { type: "strategic-merge", body }, signal),
    ).rejects.toMatchObject({ status: 422 });
  });
});

test("faults come as often as told, and requests are remembered with what they brought", async () => {
  const api = recordedKubernetes([node("n1")]);
  api.fail({ verb: "list", plural: "nodes", status: 503, message: "not now", times: 2, after: 1 });
  const outcomes = [];
  for (let round = 0; round < 4; round++) {
    outcomes.push(
      await api.list(nodesResource, {}, signal).then(
        (found) => found.length,
        (error: unknown) => error,
      ),
    );
  }
  const fault = expect.objectContaining({ status: 503, message: "not now" });
  expect(outcomes).toEqual([1, fault, fault, 1]);
  expect(api.requests).toHaveLength(4);
  expect(api.peakConcurrency).toBe(1);
  await Promise.all([api.list(nodesResource, {}, signal), api.get(nodesResource, { name: "n1" }, signal)]);
  expect(api.peakConcurrency).toBe(2);
});

test("a command in a pod is answered by the test", async () => {
  const api = recordedKubernetes([], { exec: ({ command }) => ({ stdout: command.join(" "), exitCode: 3 }) });
  expect(await api.exec({ namespace: "x", pod: "p", command: ["a", "b"] }, signal)).toEqual({
    stdout: "a b",
    stderr: "",
    exitCode: 3,
  });
  await expect(recordedKubernetes().exec({ namespace: "x", pod: "p", command: [] }, signal)).rejects.toMatchObject({
    status: 404,
  });
});

test("a watch tells what is there, that this was all, and then each change as the selection sees it", async () => {
  const api = recordedKubernetes([node("n1", { gpu: "yes" }), node("n2")]);
  const stop = new AbortController();
  const seen: string[] = [];
  const told = (change: KubernetesChange): string =>
    change.type === "LISTED" ? change.type : `${change.type} ${change.object.metadata?.name}`;
  for await (const change of api.watch(nodesResource, { labelSelector: "gpu=yes" }, stop.signal)) {
    seen.push(told(change));
    if (change.type === "LISTED") {
      api.put(node("n2", { gpu: "yes" }));
      api.put(node("n1", { gpu: "yes", more: "1" }));
      api.put(node("n1"));
      api.put(node("n3"));
      api.drop("Node", { name: "n2" });
    }
    if (seen.at(-1) === "DELETED n2") stop.abort();
  }
  expect(seen).toEqual(["ADDED n1", "LISTED", "ADDED n2", "MODIFIED n1", "DELETED n1", "DELETED n2"]);
});
