import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../config.ts";
import { answerJson, statusOf, wireServer, type WireServer } from "../../../test/kubernetes-wire-server.ts";
import { captureIo } from "../../../test/sluice.ts";
import type { Context } from "../command.ts";
import { runProgram } from "../run-program.ts";
import { statusAnswer } from "./observe-action.ts";

let folder = "";
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "sluice-observe-"))));
afterAll(() => rm(folder, { recursive: true }));

const node = {
  metadata: { name: "n1", resourceVersion: "1", labels: { "topology.kubernetes.io/region": "r" } },
  spec: { providerID: "lambda://i-1" },
};

/** One server that is both the cluster and the topology's API. */
function world(): Promise<WireServer> {
  return wireServer(({ method, url }, response) => {
    if (url.pathname === "/healthz") return response.end("OK\n");
    if (url.pathname === "/v1/generate") return response.writeHead(202).end("abc123");
    if (url.pathname === "/v1/topology") return response.end("SwitchName=s Nodes=n1\n");
    if (url.searchParams.get("watch") === "true") return response.writeHead(200).flushHeaders();
    if (url.pathname === "/api/v1/nodes")
      return answerJson(response, 200, { metadata: { resourceVersion: "1" }, items: [node] });
    if (url.pathname === "/api/v1/nodes/n1") return answerJson(response, 200, node);
    return answerJson(response, 404, statusOf(404, `${method} ${url.pathname} not found`));
  });
}

/** What a command sees: a kubeconfig that leads to this server, and further variables. */
async function contextOf(
  server: WireServer,
  more: Record<string, string>,
  signal: AbortSignal,
): Promise<Context & { readonly written: { readonly stderr: string } }> {
  const kubeconfig = join(folder, "kubeconfig");
  const content = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${server.port}` } }],
    users: [{ name: "u", user: { token: "secret" } }],
  };
  await writeFile(kubeconfig, JSON.stringify(content));
  return {
    ...captureIo(),
    signal,
    urgent: new AbortController().signal,
    cwd: folder,
    config: async () => readConfig({ HOME: "/nowhere", PATH: "/nowhere", KUBECONFIG: kubeconfig, ...more }),
    exitCode: 0,
  };
}

test("observe asks for a topology, says how it fared, and ends when told", async () => {
  await using server = await world();
  const stop = new AbortController();
  const context = await contextOf(server, {}, stop.signal);
  const url = `http://127.0.0.1:${server.port}/v1/generate`;
  await writeFile(
    join(folder, "observer.yaml"),
    `generateTopologyUrl: ${url}\ntrigger: {nodeReadiness: true}\nprovider: {name: crusoe}\nengine: {name: k8s}\n`,
  );
  const run = runProgram(["topology", "observe", "-c", "observer.yaml"], context);
  await expect.poll(() => context.written.stderr, { timeout: 20_000, interval: 10 }).toContain("succeeded");
  stop.abort();
  await run;
  expect(context.written.stderr).toContain("topology generation abc123 asked for");
  expect(context.written.stderr).toContain("topology generation abc123 succeeded");
  const posted = server.requests.filter(({ method }) => method === "POST").map(({ body }) => body);
  expect(posted).toEqual([
    '{"provider":{"name":"crusoe","creds":null,"params":null},"engine":{"name":"k8s","params":null},"nodes":null}',
  ]);
});

test("broker writes what its Node is; a port that is taken is named", async () => {
  await using server = await world();
  const context = await contextOf(server, { NODE_NAME: "n1" }, new AbortController().signal);
  await writeFile(join(folder, "broker.yaml"), `provider: {name: lambdai}\nhealthzPort: ${server.port}\n`);
  expect(await runProgram(["topology", "broker", "-c", "broker.yaml"], context)).not.toBe(0);
  expect(context.written.stderr).toContain(`port ${server.port} is in use; name another as healthzPort`);
  const [written] = server.requests.filter(({ method }) => method === "PUT");
  expect(JSON.parse(written?.body ?? "")).toEqual({
    ...node,
    metadata: {
      ...node.metadata,
      annotations: { "topograph.run/instance": "i-1", "topograph.run/region": "r" },
    },
  });
});

test("configurations that are wrong end a command with what is wrong", async () => {
  await using server = await world();
  for (const command of ["observe", "broker"]) {
    const context = await contextOf(server, {}, new AbortController().signal);
    expect(await runProgram(["topology", command, "-c", "nowhere.yaml"], context)).toBe(78);
    expect(context.written.stderr).toMatch(/open .*nowhere\.yaml: no such file or directory/);
  }
});

test("the status is 503 while the last topology has failed", () => {
  const since = "2026-01-01T00:00:00.000Z";
  const failed = statusAnswer({ state: "failed", uid: "a", code: 502, message: "no luck", since });
  expect(failed).toEqual({
    status: 503,
    body: '{"state":"failed","uid":"a","code":502,"message":"no luck","since":"2026-01-01T00:00:00.000Z"}\n',
    contentType: "application/json",
  });
  expect(statusAnswer({ state: "succeeded", since }).status).toBe(200);
});
