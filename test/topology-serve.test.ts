import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pageScript } from "./page-blocks.ts";
import { startServing } from "./serving.ts";
import { freePort } from "./sluice.ts";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-topology-serve-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface TopologyServing extends AsyncDisposable {
  readonly url: string;
  readonly said: () => string;
  readonly stop: (signal: NodeJS.Signals) => Promise<number | null>;
}

function start(args: readonly string[]) {
  const env = { ...process.env, SLUICE_HOME: join(folder, "home") };
  const child = spawn(process.execPath, [main, "topology", "serve", ...args], { cwd: folder, env });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
  const ended = once(child, "close").then(() => ({ exitCode: child.exitCode, out: out.join(""), err: err.join("") }));
  return { child, ended, said: () => err.join("") };
}

/** A topology server as a process of its own, once it listens. */
async function serve(args: readonly string[]): Promise<TopologyServing> {
  const { child, ended, said } = start(args);
  const ready = once(child.stdout, "data").then(String);
  const failed = ended.then(({ err }) => Promise.reject(new Error(`serve ended: ${err}`)));
  failed.catch(() => {});
  const line = await Promise.race([ready, failed]);
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await ended).exitCode;
  };
  return {
    url: /https?:\/\/\S+/.exec(line)?.[0] ?? "",
    said,
    stop,
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
    },
  };
}

const request = '{"provider":{"name":"test"},"engine":{"name":"slurm"}}';
const id = "c084c78a61a266a9";

async function post(url: string, body = request): Promise<Response> {
  return fetch(`${url}/v1/generate`, { method: "POST", body });
}

async function waitFor(url: string): Promise<string> {
  const ask = (): Promise<Response> => fetch(`${url}/v1/topology?uid=${id}`);
  await expect.poll(async () => (await ask()).status, { timeout: 50_000 }).toBe(200);
  return (await ask()).text();
}

test("results outlive a server that is killed, and what it left undone is told as lost", async () => {
  let tree: string;
  {
    await using first = await serve(["--listen", "127.0.0.1:0"]);
    expect(await (await post(first.url)).text()).toBe(id);
    tree = await waitFor(first.url);
    expect(tree).toContain("SwitchName=S1 Switches=S[2-3]\n");
    const failing = JSON.stringify({
      provider: { name: "test", params: { topologyResponseCode: 503, errorMessage: "away" }, creds: { k: "s3cret" } },
      engine: { name: "slurm" },
    });
    expect((await post(first.url, failing)).headers.get("location")).toBe("/v1/requests/2");
    await first.stop("SIGKILL");
  }
  await using second = await serve(["--listen", "127.0.0.1:0"]);
  const result = await fetch(`${second.url}/v1/topology?uid=${id}`);
  expect([result.status, await result.text()]).toEqual([200, tree]);
  const listed = await (await fetch(`${second.url}/v1/requests`)).text();
  expect(listed).not.toContain("s3cret");
  const { requests }: { requests: { number: number; state: string }[] } = JSON.parse(listed);
  expect(requests.map(({ number, state }) => [number, state])).toEqual([
    [2, "lost"],
    [1, "done"],
  ]);
  expect((await fetch(`${second.url}/v1/requests/2/result`)).status).toBe(410);
  expect((await post(second.url)).headers.get("location")).toBe("/v1/requests/3");
  expect(await second.stop("SIGTERM")).toBe(0);
  expect(second.said()).toContain("info Stopping HTTP server");
});

test("a configuration of Topograph is read as it is, with TLS, defaults and variables", async () => {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
  const openssl = spawn("openssl", [...made.split(" "), "-keyout", key, "-out", cert]);
  await once(openssl, "close");
  const config = join(folder, "topograph-config.yaml");
  await writeFile(
    config,
    [
      "http: {port: 49021, ssl: true}",
      "requestAggregationDelay: 10ms",
      "provider: test",
      "engine: slurm",
      `ssl: {cert: ${cert}, key: ${key}, ca_cert: ${cert}}`,
      "env: {TOPOLOGY_TEST: set, PATH: /opt/none}",
    ].join("\n"),
  );
  await using server = await serve(["-c", config, "--listen", "127.0.0.1:0", "--store", "none"]);
  expect(server.url).toMatch(/^https:/);
  const { Agent, request: ask } = await import("node:https");
  const answer = await new Promise<string>((resolve, reject) => {
    const agent = new Agent({ rejectUnauthorized: false });
    const sent = ask(`${server.url}/v1/generate`, { method: "POST", agent }, (response) => {
      response.setEncoding("utf8").on("data", resolve);
    });
    sent.on("error", reject).end();
  });
  expect(answer).toBe(id);
  expect(server.said()).toContain("info Updated env PATH\n");
});

test.each([
  ["http: {port: 70000}\n", 1, "error: listen tcp: address 70000: invalid port [CONFIG_INVALID]\n"],
  [
    "http: {port: 49021, ssl: true}\nssl: {cert: bad.yaml, key: bad.yaml, ca_cert: bad.yaml}\n",
    1,
    "error: bad.yaml and bad.yaml are no certificate and its key: ",
  ],
])("a configuration of %j ends with %i", async (text, exitCode, words) => {
  await writeFile(join(folder, "bad.yaml"), `${text}requestAggregationDelay: 15s\n`);
  const { exitCode: code, err } = await start(["-c", "bad.yaml"]).ended;
  expect([code, err]).toEqual([exitCode, expect.stringContaining(words)]);
});

test.each([
  [
    ["-c", "/no/such"],
    1,
    "error: failed to read /no/such: open /no/such: no such file or directory [CONFIG_INVALID]\n",
  ],
  [["--listen", "0.0.0.0:0", "--store", "none"], 2, "--token-file or a store with tokens must say who may"],
])("%j ends with %i", async (args, exitCode, words) => {
  const { exitCode: code, err } = await start(args).ended;
  expect([code, err]).toEqual([exitCode, expect.stringContaining(words)]);
});

test("--version says the version as Topograph does", async () => {
  expect(await start(["--version"]).ended).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^Version: \d/) });
});

test("other machines are asked for a token", async () => {
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "a-token-of-thirty-characters-0\n", { mode: 0o600 });
  await using server = await serve(["--listen", "0.0.0.0:0", "--store", "none", "--token-file", tokenFile]);
  const url = server.url.replace("0.0.0.0", "127.0.0.1");
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await post(url)).status).toBe(401);
  const headers = { authorization: "Bearer a-token-of-thirty-characters-0" };
  expect((await fetch(`${url}/v1/generate`, { method: "POST", body: request, headers })).status).toBe(202);
});

test("a gateway serves topology under its own tokens, and keeps it in its store", async () => {
  const home = join(folder, "gateway");
  await mkdir(home);
  const env = { ...process.env, SLUICE_HOME: home };
  await using gateway = await startServing({ cwd: home, env, args: ["--listen", ":0", "--topology"] });
  const { url, token } = gateway;
  const headers = { authorization: `Bearer ${token}` };
  expect((await post(url)).status).toBe(401);
  const generated = await fetch(`${url}/v1/generate`, { method: "POST", body: request, headers });
  expect([generated.status, await generated.text()]).toEqual([202, id]);
  expect(generated.headers.get("location")).toBe("/v1/requests/1");
  await expect
    .poll(async () => (await fetch(`${url}/v1/topology?uid=${id}`, { headers })).status, { timeout: 50_000 })
    .toBe(200);
  const unknown = await fetch(`${url}/v1/topology?uid=none`, { headers });
  expect([unknown.headers.get("x-content-type-options"), await unknown.text()]).toEqual([
    "nosniff",
    "request ID none not found\n",
  ]);
  const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
  expect(metrics).toContain('topograph_request_duration_seconds_count{engine="slurm",provider="test",status="200"} 1');
  expect(metrics).toContain("sluice_store_up 1");
});

test("the commands of docs/topology-server.md work as they are written", async () => {
  const work = await mkdtemp(join(folder, "docs-"));
  await writeFile(join(work, "sluice"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
  const port = await freePort();
  const script = pageScript("docs/topology-server.md")
    .replaceAll(":49021", `:${port}`)
    .replaceAll("topology serve", `topology serve --listen 127.0.0.1:${port}`);
  expect(script).toContain("sluice topology serve ");
  const env = { ...process.env, SLUICE_HOME: join(work, "home"), PATH: `${work}:${process.env["PATH"] ?? ""}` };
  const whole = `trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${script}`;
  const child = spawn("bash", ["-euo", "pipefail", "-c", whole], { cwd: work, env, timeout: 50_000 });
  const err: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
  await once(child, "close");
  expect([child.exitCode, err.join("")]).toEqual([0, expect.any(String)]);
});
