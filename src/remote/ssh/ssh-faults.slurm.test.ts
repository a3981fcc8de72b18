import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startSshd, type RealSshd } from "../../../test/real-sshd.ts";
import { isAlive, openClient, signalAll, sshClientsOf, type SshClient } from "../../../test/ssh-client.ts";
import { readConfig } from "../../config.ts";
import { SluiceError } from "../../errors.ts";

let sshd: RealSshd;
beforeEach(async () => {
  sshd = await startSshd();
});
afterEach(() => sshd.close());

const within = { timeout: 10_000, interval: 10 };

/** Starts a command that does not end by itself. Resolves to what became of it, the processes it is there, and the agent. */
async function endless(client: SshClient): Promise<{
  readonly outcome: Promise<unknown>;
  readonly processes: readonly number[];
}> {
  const file = join(sshd.folder, "pids");
  const script = `sleep 300 & echo $PPID $$ $! >'${file}.new'; mv '${file}.new' '${file}'; wait`;
  const outcome = client.sh(script).catch((error: unknown) => error);
  await expect.poll(() => existsSync(file), within).toBe(true);
  const processes = (await readFile(file, "utf8")).trim().split(" ").map(Number);
  expect(processes.filter(isAlive)).toHaveLength(3);
  return { outcome, processes };
}

const lost = { code: "CLUSTER_UNREACHABLE", details: { mayHaveRun: true } };

test("ssh killed: the command is given up at once, nothing of it is left there, and the next connects again", async () => {
  await using client = openClient(sshd.destination);
  const { outcome, processes } = await endless(client);
  const [pid = 0] = sshClientsOf(sshd.port);
  const before = performance.now();
  process.kill(pid, "SIGKILL");
  expect(await outcome).toMatchObject(lost);
  expect(performance.now() - before).toBeLessThan(1_000);
  await expect.poll(() => processes.filter(isAlive), within).toEqual([]);
  expect((await client.sh("echo again")).stdout).toBe("again\n");
});

test("the session's sshd killed: the same", async () => {
  await using client = openClient(sshd.destination);
  const { outcome, processes } = await endless(client);
  signalAll(sshd.sessions(), "SIGKILL");
  expect(await outcome).toMatchObject({ ...lost, message: expect.stringMatching(/lost: .*; it is not known whether/) });
  await expect.poll(() => processes.filter(isAlive), within).toEqual([]);
  expect((await client.sh("echo again")).stdout).toBe("again\n");
});

test("the agent killed: its command is given up at once, and the next has another agent", async () => {
  await using client = openClient(sshd.destination);
  const { outcome, processes } = await endless(client);
  process.kill(processes[0] ?? 0, "SIGKILL");
  expect(await outcome).toMatchObject(lost);
  // Nobody is left there who could end it.
  process.kill(-(processes[1] ?? 0), "SIGKILL");
  expect((await client.sh("echo again")).stdout).toBe("again\n");
});

/** Sluice's part of a test, as a process of its own. */
function program(code: string): ReturnType<typeof spawn> {
  const module = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
  const text = `import { openClient } from ${module("../../../test/ssh-client.ts")};
const client = openClient(${JSON.stringify(sshd.destination)});
${code}`;
  const args = ["--input-type=module", "--eval", text];
  return spawn(process.execPath, args, { env: readConfig().environment, stdio: ["ignore", "pipe", "inherit"] });
}

test("Sluice killed: no ssh is left here and no process there", async () => {
  const file = join(sshd.folder, "pids");
  const script = `sleep 300 & echo $PPID $$ $! >'${file}.new'; mv '${file}.new' '${file}'; wait`;
  const child = program(`await client.sh(${JSON.stringify(script)});`);
  await expect.poll(() => existsSync(file), within).toBe(true);
  const processes = [...(await readFile(file, "utf8")).trim().split(" ").map(Number), ...sshClientsOf(sshd.port)];
  expect(processes.filter(isAlive)).toHaveLength(4);
  child.kill("SIGKILL");
  await expect.poll(() => processes.filter(isAlive), within).toEqual([]);
});

test("an open channel does not keep Sluice from ending, and ends with it", async () => {
  const child = program(`process.stdout.write((await client.sh("echo $PPID")).stdout);`);
  let out = "";
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const [code] = await once(child, "close", { signal: AbortSignal.timeout(10_000) });
  expect(code).toBe(0);
  expect(Number(out)).toBeGreaterThan(0);
  await expect.poll(() => [Number(out), ...sshClientsOf(sshd.port)].filter(isAlive), within).toEqual([]);
});

test("a network that swallows everything: the deadline holds, and the connection is given up and opened again", async () => {
  await using client = openClient(sshd.destination, { pingMs: 300 });
  await client.sh("true");
  const frozen = sshd.sessions();
  signalAll(frozen, "SIGSTOP");
  try {
    const before = performance.now();
    const late = client.sh("echo", { deadlineMs: 400 });
    await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", details: { mayHaveRun: true } });
    expect(performance.now() - before).toBeLessThan(2_500);
    // The server itself still takes logins.
    expect((await client.sh("echo again")).stdout).toBe("again\n");
  } finally {
    signalAll(frozen, "SIGCONT");
  }
});

test("no word from Sluice for a while: the agent ends all it started, though the connection stands", async () => {
  await using client = openClient(sshd.destination, { pingMs: 300 });
  const { outcome, processes } = await endless(client);
  const clients = sshClientsOf(sshd.port);
  signalAll(clients, "SIGSTOP");
  await expect.poll(() => processes.filter(isAlive), within).toEqual([]);
  signalAll(clients, "SIGCONT");
  expect(await outcome).toMatchObject(lost);
});

test("the server away: told in words, tried again later and later; back again: so are we", async () => {
  await using client = openClient(sshd.destination);
  await client.sh("true");
  await sshd.stop();
  const away = (): Promise<unknown> => client.sh("true").catch((error: unknown) => error);
  await expect.poll(away, within).toMatchObject({ details: { reason: "no-route", mayHaveRun: false } });
  await expect
    .poll(away, within)
    .toMatchObject({ message: expect.stringMatching(/Connection refused.*tried again in \d+ s/) });
  await sshd.start();
  await expect
    .poll(async () => (await client.sh("echo again")).stdout, { timeout: 20_000, interval: 50 })
    .toBe("again\n");
});

test("an opening that nobody waits for any more is given up", async () => {
  await using client = openClient(sshd.destination);
  const abort = new AbortController();
  const waiting = client.sh("true", { signal: abort.signal });
  await expect.poll(() => sshClientsOf(sshd.port).length, within).toBe(1);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  await expect.poll(() => sshClientsOf(sshd.port), within).toEqual([]);
});

test("a command runs once or not at all, whenever the connection is cut", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = seeded(seed);
  const file = join(sshd.folder, "ran");
  await using client = openClient(sshd.destination, { random });
  await client.sh(`: >'${file}'`);
  const outcomes = new Map<string, unknown>();
  const end = new AbortController();
  const work = async (worker: number): Promise<void> => {
    for (let n = 0; !end.signal.aborted; n++) {
      const id = `${worker}-${n}`;
      outcomes.set(id, await client.sh(`echo ${id} >>'${file}'`).catch((error: unknown) => error));
    }
  };
  const workers = [0, 1, 2, 3].map(work);
  for (let cut = 0; cut < 6; cut++) {
    await new Promise((resolve) => setTimeout(resolve, 150 + random() * 500));
    signalAll(random() < 0.5 ? sshClientsOf(sshd.port) : sshd.sessions(), "SIGKILL");
  }
  end.abort();
  await Promise.all(workers);
  const ran = (await readFile(file, "utf8")).trim().split("\n");
  const idsOf = (which: (outcome: unknown) => boolean): string[] =>
    [...outcomes].filter(([, outcome]) => which(outcome)).map(([id]) => id);
  const mayHaveRun = (outcome: unknown): unknown =>
    outcome instanceof SluiceError ? outcome.details["mayHaveRun"] : undefined;
  expect({
    seed,
    ranTwice: ran.filter((id, at) => ran.indexOf(id) !== at),
    doneButNotRun: idsOf((outcome) => !(outcome instanceof Error)).filter((id) => !ran.includes(id)),
    runThoughDenied: idsOf((outcome) => mayHaveRun(outcome) === false).filter((id) => ran.includes(id)),
    otherErrors: idsOf((outcome) => outcome instanceof Error && mayHaveRun(outcome) === undefined),
    anyCutShort: idsOf((outcome) => mayHaveRun(outcome) === true).length > 0,
  }).toEqual({ seed, ranTwice: [], doneButNotRun: [], runThoughDenied: [], otherErrors: [], anyCutShort: true });
}, 60_000);

/** Numbers from 0 up to 1 that look random and come again from the same seed. */
function seeded(seed: number): () => number {
  let count = 0;
  return () => createHash("sha256").update(`${seed} ${count++}`).digest().readUInt32BE() / 2 ** 32;
}
