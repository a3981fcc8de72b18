import { expect, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { servedGateway } from "../../test/served-gateway.ts";
import { createClient } from "../client/client.ts";
import { NodeList } from "../schema/api-inventory.ts";

async function namesAt(path: string): Promise<readonly string[]> {
  const response = await fakeGateway().request(path, { scope: "viewer" });
  return NodeList.parse(await response.json()).nodes.map(({ name }) => name);
}

test("nodes are narrowed by partition, and by a state or a flag", async () => {
  expect(await namesAt("/v1/clusters/dev/nodes")).toEqual(["cpu-0", "gpu-0"]);
  expect(await namesAt("/v1/clusters/dev/nodes?partition=cpu")).toEqual(["cpu-0"]);
  expect(await namesAt("/v1/clusters/dev/nodes?state=drain")).toEqual(["gpu-0"]);
  expect(await namesAt("/v1/clusters/dev/nodes?state=mixed&partition=gpu")).toEqual([]);
});

test("a cluster that is not known, and a field that is not, are refused", async () => {
  const { request } = fakeGateway();
  expect((await request("/v1/clusters/nowhere/nodes")).status).toBe(404);
  expect((await request("/v1/clusters/nowhere/partitions")).status).toBe(404);
  expect((await request("/v1/clusters/dev/nodes?states=idle")).status).toBe(400);
});

test("the client reads both", async () => {
  await using gateway = await servedGateway();
  const client = createClient({ url: gateway.url, token: gateway.token("viewer") });
  expect(await client.nodes("dev", { partition: "gpu" })).toMatchObject({
    cluster: "dev",
    stale: false,
    nodes: [{ name: "gpu-0", flags: ["drain"], gres: "gpu:fake:4" }],
  });
  expect(await client.partitions("dev")).toMatchObject({
    cluster: "dev",
    partitions: [{ name: "cpu", isDefault: true, cpuCounts: { allocated: 2, idle: 6, other: 0 } }, { name: "gpu" }],
  });
  await expect(client.nodes("nowhere")).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
});
