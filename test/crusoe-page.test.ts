import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { root } from "../scripts/step.ts";
import { readBrokerConfig } from "../src/cli/topology/read-broker-config.ts";
import { readObserverConfig } from "../src/cli/topology/read-observer-config.ts";
import { engineKinds } from "../src/topology/engines/registry.ts";
import { recordedHost } from "../src/topology/kubernetes/recorded-host.ts";
import { recordedKubernetes } from "../src/topology/kubernetes/recorded-kubernetes.ts";
import { providerKinds } from "../src/topology/providers/registry.ts";
import { freePort } from "./sluice.ts";

const run = promisify(execFile);
const { signal } = new AbortController();
const patience = { timeout: 60_000, interval: 50 } as const;

/** The blocks of a page with what stands behind their language: `sh server`, `sh step`, `text`. */
function blocksOf(page: string): readonly { readonly kind: string; readonly text: string }[] {
  return [...page.matchAll(/^```([^\n]+)\n([^]*?)^```$/gm)].map(([, kind = "", text = ""]) => ({ kind, text }));
}

test("the commands of docs/crusoe.md give what the page shows", async () => {
  const page = await readFile(join(root, "docs", "crusoe.md"), "utf8");
  const folder = await mkdtemp(join(tmpdir(), "crusoe-"));
  const env = {
    ...process.env,
    PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`,
    SLUICE_HOME: join(folder, "home"),
  };
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const main = join(root, "src", "cli", "main.ts");
  await writeFile(join(folder, "sluice"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });

  // The port of the page may be somebody else's here; nothing else of the commands is changed.
  const port = await freePort();
  const typed = (text: string): string => text.replaceAll(":49021", `:${port}`);
  const blocks = blocksOf(page);
  const [server = ""] = blocks.flatMap(({ kind, text }) => (kind === "sh server" ? [text] : []));
  expect(server).toMatch(/^sluice topology serve .*&\n$/);
  const daemon = spawn("bash", ["-c", `exec ${typed(server).replace(/ &\n$/, "")}`], {
    env,
    cwd: folder,
    stdio: "ignore",
  });
  const ended = once(daemon, "exit");
  onTestFinished(async () => {
    daemon.kill("SIGTERM");
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await expect.poll(async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.status, patience).toBe(200);

  let requestId = "";
  const [printed, expected]: [string[], string[]] = [[], []];
  for (const [i, { kind, text }] of blocks.entries()) {
    if (kind !== "sh step") continue;
    const command = typed(text).replaceAll("<request-id>", requestId);
    const answer = await answered(async () => {
      const { stdout } = await run("bash", ["-euo", "pipefail", "-c", command], { env, cwd: folder });
      return stdout;
    });
    const isAsked = command.includes("/v1/generate");
    if (isAsked) requestId = answer;
    const next = blocks[i + 1];
    if (next?.kind !== "text") continue;
    printed.push(isAsked ? `${answer}\n` : answer);
    expected.push(next.text);
  }
  expect(printed).toEqual(expected);
  expect(printed.length).toBe(5);
});

test("the configuration files of docs/crusoe.md are accepted", async () => {
  const page = await readFile(join(root, "docs", "crusoe.md"), "utf8");
  const [broker = "", observer = "", ...others] = [...page.matchAll(/^ +```yaml\n([^]*?)^ +```$/gm)].map(
    ([, text = ""]) => text.replaceAll(/^ {3}/gm, ""),
  );
  expect(others).toEqual([]);
  const folder = await mkdtemp(join(tmpdir(), "crusoe-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files = [join(folder, "broker.yaml"), join(folder, "observer.yaml")] as const;
  await Promise.all([writeFile(files[0], broker), writeFile(files[1], observer)]);
  expect(await readBrokerConfig(files[0])).toMatchObject({ provider: "crusoe" });
  const { request, trigger } = (await readObserverConfig(files[1], {})).config;
  expect(trigger.podSelector).toBe("app.kubernetes.io/component=worker");
  const host = recordedHost(recordedKubernetes([]));
  await expect(
    engineKinds.get(request.engine).open(request.engineParams ?? new Map(), host, signal),
  ).resolves.toBeDefined();
  await expect(
    providerKinds.get(request.provider).open({ creds: new Map(), params: new Map() }, host, signal),
  ).resolves.toBeDefined();
});

/** Asks again while the request has only been created, as a reader of the page would. */
async function answered(ask: () => Promise<string>): Promise<string> {
  return vi.waitFor(async () => {
    const answer = await ask();
    if (answer.endsWith("has been created")) throw new Error(answer);
    return answer;
  }, patience);
}
