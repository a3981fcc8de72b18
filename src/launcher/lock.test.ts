import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { takeLock, type LockOptions } from "./lock.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "lock-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const options = (more: Partial<LockOptions> = {}): LockOptions => ({
  stateDirectory: home,
  what: "dev",
  purpose: "cluster create",
  waitMs: 0,
  signal: new AbortController().signal,
  ...more,
});
const busy = (holder: string): unknown =>
  expect.objectContaining({
    code: "CLUSTER_BUSY",
    message: `cluster "dev" is in use by ${holder}; try again when it has ended`,
    details: { cluster: "dev", holder },
  });

/** Another process that holds the lock until it ends. */
async function holdElsewhere(): Promise<ChildProcess> {
  const program = `
    import { takeLock } from ${JSON.stringify(fileURLToPath(new URL("lock.ts", import.meta.url)))};
    await takeLock({ ...JSON.parse(process.argv[1]), signal: new AbortController().signal });
    process.stdout.write("held");
    process.stdin.resume();
  `;
  const { signal: _, ...plain } = options({ purpose: "cluster start" });
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, "--", JSON.stringify(plain)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

test("a second taker in the same process is told at once who holds the lock", async () => {
  await using _held = await takeLock(options());
  await expect(takeLock(options({ purpose: "cluster stop" }))).rejects.toThrow(
    busy(`process ${process.pid} (cluster create)`),
  );
});

test("a lock that was given back can be taken again", async () => {
  for (let round = 0; round < 3; round += 1) {
    await using held = await takeLock(options());
    expect(held).toBeDefined();
  }
});

test("other clusters and other registries are other locks", async () => {
  await using first = await takeLock(options());
  await using second = await takeLock(options({ what: "zoo" }));
  await using third = await takeLock(options({ stateDirectory: `${home}/other` }));
  expect([first, second, third]).toHaveLength(3);
});

test("a lock leaves no file", async () => {
  await using _held = await takeLock(options());
  expect(await readdir(home)).toEqual([]);
});

test("of many takers at once exactly one gets it", async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(options())));
  const won = results.filter((result) => result.status === "fulfilled");
  for (const { value } of won) await value[Symbol.asyncDispose]();
  expect(won).toHaveLength(1);
});

test("a holder in another process is named, and one that is killed sets the lock free at once", async () => {
  const holder = await holdElsewhere();
  await expect(takeLock(options())).rejects.toThrow(busy(`process ${holder.pid} (cluster start)`));
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await using held = await takeLock(options());
  expect(held).toBeDefined();
});

test("a holder that is stopped is still a holder, and nobody waits long for its name", async () => {
  const holder = await holdElsewhere();
  holder.kill("SIGSTOP");
  const began = performance.now();
  await expect(takeLock(options())).rejects.toThrow(busy("another process, which does not answer"));
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("who may wait gets the lock as soon as it is free", async () => {
  const holder = await holdElsewhere();
  const waiting = takeLock(options({ waitMs: 30_000 }));
  holder.kill("SIGKILL");
  await using held = await waiting;
  expect(held).toBeDefined();
});

test("who waits too long is told who holds it", async () => {
  await using _held = await takeLock(options());
  await expect(takeLock(options({ waitMs: 60 }))).rejects.toThrow(busy(`process ${process.pid} (cluster create)`));
});

test("who is told to stop waiting stops", async () => {
  await using _held = await takeLock(options());
  const stop = new AbortController();
  const waiting = takeLock(options({ waitMs: 60_000, signal: stop.signal }));
  stop.abort();
  await expect(waiting).rejects.toThrow(expect.objectContaining({ code: "CANCELLED" }));
});

test("the lock can be given back while somebody who asked for the holder's name does not go away", async () => {
  const purpose = `the test of ${home}`;
  const held = await takeLock(options({ purpose }));
  const asker = await stubbornAsker(purpose);
  onTestFinished(() => void asker.destroy());
  await held[Symbol.asyncDispose]();
  await using again = await takeLock(options());
  expect(again).toBeDefined();
});

/** Asks the holder with this purpose who it is, and never hangs up. The kernel lists the locks of all processes. */
async function stubbornAsker(purpose: string): Promise<Socket> {
  const sockets = await readFile("/proc/net/unix", "utf8");
  for (const [, name] of sockets.matchAll(/ @(sluice-lock-[0-9a-f]+)/g)) {
    const socket = connect({ path: `\0${name}`, allowHalfOpen: true });
    const answer = await once(socket, "data").then(String, () => "");
    if (answer.includes(purpose)) return socket;
    socket.destroy();
  }
  throw new Error("nobody holds a lock for that purpose");
}
