import { expect, test } from "vitest";
import { wireCluster } from "../../../test/kubernetes-wire-cluster.ts";
import { recordedKubernetes } from "../kubernetes/recorded-kubernetes.ts";
import { annotateNode } from "./annotate-node.ts";

const { signal } = new AbortController();
const annotations = { "topograph.run/instance": "i-1", "topograph.run/region": "r" };
const node = {
  kind: "Node",
  metadata: { name: "n1", labels: { a: "1" }, annotations: { note: "kept" } },
  spec: { x: 1 },
};

test("annotations are added to what the Node has, and not written again", async () => {
  const api = recordedKubernetes([node]);
  expect(await annotateNode(api, { nodeName: "n1", annotations }, signal)).toBe("written");
  expect(api.requests.map(({ verb }) => verb)).toEqual(["get", "update"]);
  expect(api.objects("Node")).toMatchObject([
    { metadata: { labels: { a: "1" }, annotations: { note: "kept", ...annotations } }, spec: { x: 1 } },
  ]);
  expect(await annotateNode(api, { nodeName: "n1", annotations }, signal)).toBe("unchanged");
  expect(api.writes()).toHaveLength(1);
});

test("an update that the kubelet was faster with is made again on what it wrote", async () => {
  const api = recordedKubernetes([node]);
  api.fail({ verb: "update", status: 409, message: "the object has been modified", times: 3 });
  expect(await annotateNode(api, { nodeName: "n1", annotations }, signal)).toBe("written");
  expect(api.writes()).toHaveLength(4);
});

test("nobody is faster for ever", async () => {
  const api = recordedKubernetes([node]);
  api.fail({ verb: "update", status: 409, message: "the object has been modified" });
  await expect(annotateNode(api, { nodeName: "n1", annotations }, signal)).rejects.toMatchObject({
    status: 502,
    message: "failed to update node: the object has been modified",
  });
});

test("without the name of a Node no request is made", async () => {
  await using cluster = await wireCluster((_request, response) => response.end("{}"));
  await expect(annotateNode(cluster.api, { nodeName: "", annotations }, signal)).rejects.toMatchObject({
    status: 502,
    message: 'failed to get node "": resource name may not be empty',
  });
  expect(cluster.server.requests).toEqual([]);
});

test("a Node that is not there is named", async () => {
  await expect(annotateNode(recordedKubernetes(), { nodeName: "n2", annotations }, signal)).rejects.toMatchObject({
    status: 502,
    message: 'failed to get node "n2": nodes "n2" not found',
  });
});
