import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodesResource } from "../kubernetes-nodes.ts";
import { openKubernetes } from "./open-kubernetes.ts";
import {
  answerJson,
  statusOf,
  wireServer,
  type WireAnswer,
  type WireServer,
} from "../../../test/kubernetes-wire-server.ts";

const { signal } = new AbortController();
const nowhere =
  "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined";
const anyNode = (_request: unknown, response: Parameters<WireAnswer>[1]): void =>
  answerJson(response, 200, { metadata: { name: "n" } });
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-kubeconfig-"));
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "ca.crt"), "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...key, ...files, ...subject], { stdio: "pipe" });
});

afterAll(() => rm(folder, { recursive: true }));

async function tlsServer(answer: WireAnswer): Promise<WireServer> {
  const [key, cert] = await Promise.all([readFile(join(folder, "key.pem")), readFile(join(folder, "ca.crt"))]);
  return wireServer(answer, { server: createServer({ key, cert }) });
}

async function kubeconfig(name: string, server: string, more: Record<string, unknown> = {}): Promise<string> {
  const path = join(folder, name);
  const content = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server, ...more } }],
    users: [{ name, user: { token: `token of ${name}` } }],
  };
  await writeFile(path, JSON.stringify(content));
  return path;
}

describe("in a pod", () => {
  const inPod = (server: WireServer): Parameters<typeof openKubernetes>[0] => ({
    environment: { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(server.port) },
    serviceAccount: folder,
  });

  test("the service account's token and certificate are used, whatever the kubeconfig says", async () => {
    await using server = await tlsServer(anyNode);
    await writeFile(join(folder, "token"), "first\n");
    const options = inPod(server);
    const api = await openKubernetes({ ...options, environment: { ...options.environment, KUBECONFIG: "/nowhere" } });
    await api.get(nodesResource, { name: "n" }, signal);
    await api.get(nodesResource, { name: "n" }, signal);
    expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual(["Bearer first", "Bearer first"]);
    expect(server.connections).toBe(1);
  });

  test("a token that has ended is read again from its file, once", async () => {
    await using server = await tlsServer(({ headers }, response) => {
      if (headers["authorization"] === "Bearer second") anyNode(undefined, response);
      else answerJson(response, 401, statusOf(401, "Unauthorized"));
    });
    await writeFile(join(folder, "token"), "first");
    const api = await openKubernetes(inPod(server));
    await expect(api.get(nodesResource, { name: "n" }, signal)).rejects.toMatchObject({
      status: 401,
      message: "Unauthorized",
    });
    expect(server.requests).toHaveLength(1);
    await writeFile(join(folder, "token"), "second");
    expect(await api.get(nodesResource, { name: "n" }, signal)).toBeDefined();
    expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer first",
      "Bearer first",
      "Bearer second",
    ]);
  });

  test("a certificate of somebody else is not believed", async () => {
    await using server = await tlsServer(anyNode);
    const path = await kubeconfig("strangers", `https://127.0.0.1:${server.port}`);
    const clock = { now: () => 0, sleep: () => Promise.resolve() };
    const api = await openKubernetes({ environment: { KUBECONFIG: path }, clock });
    await expect(api.get(nodesResource, { name: "n" }, signal)).rejects.toMatchObject({
      status: 0,
      message: expect.stringMatching(/^GET \/api\/v1\/nodes\/n: self-signed certificate/) as unknown,
    });
    expect(server.requests).toHaveLength(0);
  });

  test("without a token there is no cluster", async () => {
    const environment = { KUBERNETES_SERVICE_HOST: "::1", KUBERNETES_SERVICE_PORT: "443" };
    await expect(openKubernetes({ environment, serviceAccount: join(folder, "none") })).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching(/^ENOENT: /) as unknown,
    });
  });
});

describe("elsewhere", () => {
  test("KUBECONFIG's first current context counts, and what is missing of its files is passed over", async () => {
    await using server = await wireServer(anyNode);
    const first = await kubeconfig("first", `http://127.0.0.1:${server.port}/`);
    const second = await kubeconfig("second", "http://127.0.0.1:1");
    const api = await openKubernetes({ environment: { KUBECONFIG: ["/nowhere", first, second].join(":") } });
    await api.get(nodesResource, { name: "n" }, signal);
    expect(server.requests[0]?.headers["authorization"]).toBe("Bearer token of first");
    expect(server.requests[0]?.url.pathname).toBe("/api/v1/nodes/n");
  });

  test("~/.kube/config is read where KUBECONFIG is not set; files that it names stand beside it", async () => {
    await using server = await tlsServer(anyNode);
    await mkdir(join(folder, ".kube"), { recursive: true });
    await writeFile(join(folder, ".kube", "ca.crt"), await readFile(join(folder, "ca.crt")));
    await kubeconfig(".kube/config", `https://127.0.0.1:${server.port}`, { "certificate-authority": "ca.crt" });
    const api = await openKubernetes({ environment: { HOME: folder } });
    expect(await api.get(nodesResource, { name: "n" }, signal)).toBeDefined();
  });

  test("a token in a file that the user names is read, and read again when the server refuses it", async () => {
    await using server = await wireServer(({ headers }, response) => {
      if (headers["authorization"] === "Bearer new") anyNode(undefined, response);
      else answerJson(response, 401, statusOf(401, "Unauthorized"));
    });
    await writeFile(join(folder, "user-token"), "old\n");
    const path = await kubeconfig("by-file", `http://127.0.0.1:${server.port}`);
    const written: unknown = JSON.parse(await readFile(path, "utf8"));
    const users = [{ name: "by-file", user: { tokenFile: "user-token" } }];
    await writeFile(path, JSON.stringify({ ...Object(written), users }));
    const api = await openKubernetes({ environment: { KUBECONFIG: path } });
    await writeFile(join(folder, "user-token"), "new\n");
    expect(await api.get(nodesResource, { name: "n" }, signal)).toBeDefined();
    expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual(["Bearer old", "Bearer new"]);
  });

  test.each([{}, { KUBECONFIG: "/nowhere" }, { HOME: "/nowhere" }, { KUBERNETES_SERVICE_HOST: "10.0.0.1" }])(
    "where there is none, a request ends as Topograph's, and the log says what was looked for: %j",
    async (environment) => {
      const logged: string[] = [];
      const log = (message: string): void => void logged.push(message);
      await expect(openKubernetes({ environment, log })).rejects.toMatchObject({ status: 502, message: nowhere });
      expect(logged).toEqual([expect.stringContaining("no kubeconfig either")]);
    },
  );

  test.each([
    ["no YAML", "a: [", undefined],
    ["no context", "apiVersion: v1\nclusters: []\nusers: []\ncontexts: []\n", /no current context names a cluster$/],
  ])("a kubeconfig with %s is a 502", async (_what, content, message) => {
    const path = join(folder, "broken");
    await writeFile(path, content);
    const failure: unknown = await openKubernetes({ environment: { KUBECONFIG: path } }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: "TopologyError", status: 502 });
    expect(String(failure)).toMatch(message ?? /./);
  });

  test("a wrong KUBE_QPS is said before anything is asked", async () => {
    const path = await kubeconfig("paced", "http://127.0.0.1:1");
    await expect(openKubernetes({ environment: { KUBECONFIG: path, KUBE_QPS: "x" } })).rejects.toMatchObject({
      status: 400,
    });
  });
});
