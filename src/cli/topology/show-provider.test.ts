import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerJson, wireServer, type WireServer } from "../../../test/kubernetes-wire-server.ts";
import { openWorkspace, type Workspace } from "../../../test/sluice.ts";

const nodes = ["gpu-1 part-a pod-1", "gpu-2 part-a pod-1", "gpu-3 part-a pod-2", "cpu-1"].map((line) => {
  const [name, partition, pod] = line.split(" ");
  const annotations = { "topograph.run/instance": `i-${name}`, "topograph.run/region": "local" };
  const labels = partition !== undefined && { "crusoe.ai/ib.partition.id": partition, "crusoe.ai/pod.id": pod };
  return { metadata: { name, annotations, labels: { pool: partition ?? "cpu", ...labels } } };
});

let space: Workspace;
let server: WireServer;
beforeAll(async () => {
  space = await openWorkspace();
  server = await wireServer(({ url }, response) => {
    const wanted = url.searchParams.get("labelSelector")?.replace("pool=", "");
    const items = nodes.filter(({ metadata }) => wanted === undefined || metadata.labels.pool === wanted);
    answerJson(response, 200, { kind: "NodeList", apiVersion: "v1", metadata: {}, items });
  });
  const folder = join(dirname(space.cwd), ".kube");
  const config = {
    "current-context": "here",
    contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${server.port}` } }],
    users: [{ name: "u", user: { token: "secret" } }],
  };
  await mkdir(folder);
  await writeFile(join(folder, "config"), JSON.stringify(config));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await space[Symbol.asyncDispose]();
});

test("show asks the cluster of the kubeconfig for its Nodes, and shows them all", async () => {
  const { stdout, stderr, exitCode } = await space.inProcess("topology", "show", "--provider", "crusoe");
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout).toBe(
    [
      "crusoe: 4 nodes, 4 switches, 2 tiers",
      "",
      "SWITCH        NODES   NAMES",
      "no-topology       1   cpu-1",
      "part-a            3",
      "├─ pod-1          2   gpu-[1-2]",
      "└─ pod-2          1   gpu-3",
      "",
    ].join("\n"),
  );
});

test.each([
  ["crusoe", ['nodeSelector={"pool":"part-a"}'], "crusoe: 3 nodes, 3 switches, 2 tiers"],
  ["kubernetes", ['topologyLabels=["crusoe.ai/pod.id"]'], "kubernetes: 3 nodes, 2 switches"],
])("show --provider %s with %j takes what the provider selects", async (provider, params, title) => {
  const given = params.flatMap((param) => ["--param", param]);
  const { stdout } = await space.inProcess("topology", "show", "--provider", provider, ...given);
  expect(stdout.split("\n")[0]).toContain(title);
});

test("show takes credentials that YAML reads as numbers", async () => {
  await writeFile(join(space.cwd, "creds.yaml"), "workspaceId: 12\ntoken: 34\n");
  await writeFile(join(space.cwd, "nodes.txt"), "gpu-1\n");
  const url = `url=http://127.0.0.1:${server.port}`;
  const given = ["--param", url, "--credentials", "creds.yaml", "--nodes", "nodes.txt"];
  const { stdout } = await space.inProcess("topology", "show", "--provider", "lambdai", ...given);
  expect(stdout).toContain("no-topology");
  const asked = server.requests.at(-1);
  expect([asked?.headers.authorization, asked?.url.searchParams.get("workspace_id")]).toEqual(["Bearer 34", "12"]);
});

test("show names the file of nodes that a provider needs which cannot list them", async () => {
  const { stderr, exitCode } = await space.inProcess("topology", "show", "--provider", "oci-imds");
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--nodes: oci-imds") });
});
