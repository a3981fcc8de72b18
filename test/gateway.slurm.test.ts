import { execFile, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { createClient, type Client, type Job, type JobEvent } from "../src/client/client.ts";
import { readConfig } from "../src/config.ts";

const run = promisify(execFile);
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const hello = '#!/bin/sh\necho "hello $1 from $SLURM_JOB_ID"\nexit 3\n';

let folder: string;
let home: string;
let running: Serving[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gateway-"));
  home = join(folder, "home");
  running = [];
});
afterEach(async () => {
  for (const { stop } of running) await stop("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ...readConfig().environment,
  SLURM_CONF: inject("slurmConf"),
  SLUICE_HOME: home,
  ...more,
});

interface Serving {
  readonly child: ChildProcessWithoutNullStreams;
  readonly url: string;
  readonly said: () => string;
  readonly stop: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** `sluice serve` as a process of its own. */
async function serve(...args: readonly string[]): Promise<Serving> {
  const child = spawn(process.execPath, [main, "serve", "--json", ...(args.length > 0 ? args : ["--listen", ":0"])], {
    cwd: folder,
    env: environment(),
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const ready = new Promise<string>((resolve) => child.stdout.setEncoding("utf8").once("data", resolve));
  const text = await Promise.race([ready, ended.then(() => Promise.reject(new Error(`serve ended: ${said}`)))]);
  const { urls }: { urls: string[] } = JSON.parse(text);
  const stop = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  const serving = { child, url: urls[0] ?? "", said: () => said, stop };
  running.push(serving);
  return serving;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command; against the gateway where a URL is given, in its own process otherwise. */
async function sluice(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const options = { cwd: folder, env: environment(more) };
  return run(process.execPath, [main, ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout,
      err: error.stderr,
    }),
  );
}

const localToken = async (): Promise<string> => (await readFile(join(home, "token"), "utf8")).trim();

async function textOf(client: Client, id: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const { bytes } of client.output(id, { follow: true })) pieces.push(bytes);
  return Buffer.concat(pieces).toString();
}

describe("sluice serve", () => {
  test("takes jobs from curl, client and command line, tells two readers of them, and has the results right", async () => {
    const { url, stop, said } = await serve();
    expect((await stat(join(home, "token"))).mode & 0o777).toBe(0o600);
    const client = createClient({ url, token: await localToken() });

    const seen: JobEvent[][] = [[], []];
    const listening = new AbortController();
    const readers = seen.map(async (events) => {
      for await (const event of client.events({ after: 0 }, { signal: listening.signal })) events.push(event);
    });

    const body = JSON.stringify({ script: hello, args: ["curl"], name: "by-curl", nodes: 1, labels: { by: "curl" } });
    const line = `printf 'header = "Authorization: Bearer %s"' "$(cat "$SLUICE_HOME/token")" | curl -sS --fail-with-body -K - -H 'Content-Type: application/json' -d "$BODY" ${url}/v1/jobs`;
    const { stdout } = await run("sh", ["-c", line], { env: environment({ BODY: body }) });
    const { id: byCurl }: Job = JSON.parse(stdout);
    const { id: byClient } = await client.submit({
      script: hello,
      args: ["client"],
      name: "by-client",
      ntasksPerNode: 1,
    });
    await writeFile(join(folder, "job.sh"), hello);
    const submitted = await sluice(["submit", "--wait", "--label", "by=cli", "job.sh", "cli"], { SLUICE_URL: url });
    expect(submitted.code).toBe(3);
    const byCli = submitted.out.trim();

    for (const [id, who] of [
      [byCurl, "curl"],
      [byClient, "client"],
      [byCli, "cli"],
    ] as const) {
      const job = await client.wait(id);
      expect(job).toMatchObject({ state: "failed", exit: { status: 3, signal: 0 }, cluster: "bare" });
      expect(await textOf(client, id)).toBe(`hello ${who} from ${job.nativeId}\n`);
    }
    const logs = await sluice(["logs", byCli, "-f"], { SLUICE_URL: url });
    expect(logs.out).toMatch(/^hello cli from \d+\n$/);

    const ends = (events: readonly JobEvent[]): number =>
      events.filter((event) => event.type === "state" && event.data.state === "failed").length;
    await expect.poll(() => seen.map(ends), { timeout: 10_000 }).toEqual([3, 3]);
    listening.abort();
    await Promise.all(readers);
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]?.map(({ seq }) => seq)).toEqual(seen[0]?.map((_, index) => index + 1));

    expect(await stop("SIGTERM")).toBe(0);
    expect(said()).not.toContain(await localToken());
    expect(
      said()
        .split("\n")
        .filter(Boolean)
        .map((text) => JSON.parse(text).event),
    ).not.toContain("mistake");
  });

  test("a job reads what was sent before it, by curl and by the client, and what it leaves comes back", async () => {
    const { url, said } = await serve();
    const client = createClient({ url, token: await localToken() });
    const bytes = randomBytes(3_000_017);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await writeFile(join(folder, "content"), bytes);
    const line = `printf 'header = "Authorization: Bearer %s"' "$(cat "$SLUICE_HOME/token")" | curl -sS --fail-with-body -K - -X PUT -H 'Content-Type: application/octet-stream' --data-binary @content ${url}/v1/clusters/bare/files/${sha256}`;
    const { stdout } = await run("sh", ["-c", line], { env: environment(), cwd: folder });
    const { path }: { path: string } = JSON.parse(stdout);
    expect(await client.keptFile("bare", sha256)).toBe(path);
    expect(await client.keepFile("bare", sha256, bytes)).toBe(path);
    const script = '#!/bin/sh\nmkdir "${0%/*}/files" && cp "$1" "${0%/*}/files/copy"\n';
    const { id } = await client.submit({ script, args: [path] });
    expect(await client.wait(id)).toMatchObject({ state: "completed" });
    expect(bytes.equals((await client.jobFile(id, "copy")) ?? Buffer.alloc(0))).toBe(true);
    await client.forget(id);
    expect(await client.jobFile(id, "copy")).toBeUndefined();
    expect(said()).not.toContain("mistake");
  });

  test("commands print the same through the gateway and in their own process", async () => {
    const { url, stop } = await serve();
    await writeFile(join(folder, "job.sh"), hello);
    const [first, second] = [{ SLUICE_URL: url }, {}];
    const id = (await sluice(["submit", "--wait", "job.sh", "x"], first)).out.trim();
    const commands = [
      ["jobs"],
      ["jobs", "--json"],
      ["job", id],
      ["job", id, "--script"],
      ["explain", id],
      ["logs", id],
      ["job", "nobody"],
    ];
    const remote = await Promise.all(commands.map((args) => sluice(args, first)));
    expect(await stop("SIGTERM")).toBe(0);
    for (const [index, args] of commands.entries()) expect(await sluice(args, second)).toEqual(remote[index]);
    const own = await sluice(["submit", "--wait", "job.sh", "alone"], second);
    expect(own.code).toBe(3);
    expect((await sluice(["logs", own.out.trim()], second)).out).toMatch(/^hello alone/);
  });

  test("a job accepted before a SIGKILL is submitted once after it, and the repeated request finds it", async () => {
    const first = await serve();
    const token = await localToken();
    const keyed = { idempotencyKey: "night" };
    const job = { script: "#!/bin/sh\ntrue\n", name: "survivor" };
    const { id } = await createClient({ url: first.url, token }).submit(job, keyed);
    await first.stop("SIGKILL");
    const second = await serve();
    const client = createClient({ url: second.url, token });
    expect((await client.submit(job, keyed)).id).toBe(id);
    expect(await client.wait(id)).toMatchObject({ state: "completed" });
    await expect(client.submit({ ...job, nodes: 2 }, keyed)).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
    const ours = (await client.queue()).filter(({ name }) => name === "survivor");
    expect(ours.length).toBeLessThanOrEqual(1);
  });

  test("who stops waiting for a job is told how to follow it, for it goes on", async () => {
    const SLUICE_URL = (await serve()).url;
    const command = [main, "submit", "--wait", "--hold", "--", "true"];
    const waiting = spawn(process.execPath, command, { cwd: folder, env: environment({ SLUICE_URL }) });
    let said = "";
    waiting.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    const [id]: string[] = await once(waiting.stdout.setEncoding("utf8"), "data");
    waiting.kill("SIGINT");
    const [code]: unknown[] = await once(waiting, "close");
    expect([code, said]).toEqual([130, expect.stringContaining(`the job goes on; \`sluice logs -f ${id?.trim()}\``)]);
    const cancelled = await sluice(["cancel", id?.trim() ?? ""], { SLUICE_URL });
    expect(cancelled.code).toBe(0);
  });

  test("users see and touch their own jobs, operators all, and a revoked token nothing", async () => {
    const { url } = await serve();
    const nobody = await sluice(["token", "create", "--subject", ""]);
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('--subject: takes a name, not ""')]);
    const tokenOf = async (subject: string, scope: string): Promise<{ token: string; id: string }> =>
      JSON.parse((await sluice(["token", "create", "--json", "--subject", subject, "--scope", scope])).out);
    const [alice, bob, boss] = [
      await tokenOf("alice", "user"),
      await tokenOf("bob", "user"),
      await tokenOf("boss", "operator"),
    ];
    const [ofAlice, ofBob, ofBoss] = [alice, bob, boss].map(({ token }) => createClient({ url, token }));
    const job = await ofAlice?.submit({ script: "#!/bin/sh\nsleep 300\n", hold: true });
    const id = job?.id ?? "";
    expect(job?.owner).toBe("alice");
    for (const ask of [
      () => ofBob?.job(id),
      () => ofBob?.cancel(id),
      () => ofBob?.script(id),
      () => ofBob?.explain(id),
      () => ofBob?.tasks(id),
      () => ofBob?.change(id, { timeLimit: "5" }),
      () => ofBob?.signal(id, "USR1"),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    }
    expect((await ofBob?.page())?.jobs).toEqual([]);
    await ofAlice?.wait(id, { until: ({ state }) => state === "held" });
    expect((await ofAlice?.explain(id))?.summary).toMatch(/held|hold/);
    await ofBoss?.change(id, { timeLimit: "5" });
    await ofBoss?.cancel(id);
    expect(await ofAlice?.wait(id)).toMatchObject({ state: "cancelled" });
    await sluice(["token", "revoke", alice.id]);
    await expect(ofAlice?.job(id)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("what is refused is told by the scheduler's own words, and a busy port by its name", async () => {
    const { url } = await serve();
    const client = createClient({ url, token: await localToken() });
    const { id } = await client.submit({ script: hello, partition: "nowhere" });
    const job = await client.wait(id);
    expect(job).toMatchObject({ state: "rejected", error: { code: "SUBMIT_REJECTED" } });
    expect(job.error?.message).toMatch(/invalid partition/i);
    expect((await client.test({ script: hello })).map(({ accepted }) => accepted)).toEqual([true]);
    const again = await sluice(["serve", "--listen", new URL(url).host]);
    expect(again).toMatchObject({ code: 5, err: expect.stringMatching(/is in use.*\[PORT_BUSY\]/s) });
  });
});
