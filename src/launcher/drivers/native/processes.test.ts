import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { beforeAll, afterAll, describe, expect, onTestFinished, test } from "vitest";
import {
  descendants,
  identify,
  isRunning,
  listProcesses,
  listUnixSockets,
  openSocketInodes,
  readEnvironment,
  readProcess,
  sendSignal,
  type ProcessInfo,
} from "./processes.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "processes-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess & { pid: number } {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], ...options });
  onTestFinished(() => void child.kill("SIGKILL"));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} did not start`);
  return Object.assign(child, { pid });
}

async function until(fact: () => boolean): Promise<void> {
  await expect.poll(fact, { timeout: 5_000, interval: 5 }).toBe(true);
}

describe("reading /proc", () => {
  test("this process is running, and is its parent's child", () => {
    const id = identify(process.pid);
    expect(id).toEqual({ pid: process.pid, startTime: expect.any(Number) });
    expect(readProcess(process.pid)).toMatchObject({ ...id, parent: process.ppid });
    expect(isRunning({ pid: process.pid, startTime: id?.startTime ?? 0 })).toBe(true);
  });

  test("a pid that was given to another process since is not the one that was meant", () => {
    expect(isRunning({ pid: process.pid, startTime: 1 })).toBe(false);
  });

  test("what was never a process is none", () => {
    expect([readProcess(2 ** 30), identify(2 ** 30), isRunning({ pid: 2 ** 30, startTime: 1 })]).toEqual([
      undefined,
      undefined,
      false,
    ]);
  });

  test.each(["a b", ") Z 1 (", "((x) y)", "S 0 0 0"])("a program called %j is read right", async (name) => {
    const program = join(folder, name);
    await copyFile("/bin/sleep", program);
    const child = run(program, ["60"]);
    await until(() => readProcess(child.pid)?.name === name);
    expect(readProcess(child.pid)).toMatchObject({
      name,
      parent: process.pid,
      state: expect.stringMatching(/^[SRD]$/),
    });
    expect(identify(child.pid)?.startTime).toBe(readProcess(child.pid)?.startTime);
  });

  test("one that has ended and was not waited for does not run any more", async () => {
    // The inner shell ends at once; its parent turns into a sleep that never waits for it.
    const parent = run("/bin/sh", ["-c", "sh -c 'echo $$; exit 0' & exec sleep 60"]);
    const [text] = await once(parent.stdout ?? parent, "data");
    const pid = Number(String(text));
    await until(() => readProcess(pid)?.state === "Z");
    expect(identify(pid)).toBeUndefined();
    expect(isRunning({ pid, startTime: readProcess(pid)?.startTime ?? 0 })).toBe(false);
  });

  test("a process that was killed and waited for is gone", async () => {
    const child = run("/bin/sleep", ["60"]);
    const id = identify(child.pid);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isRunning(id ?? { pid: child.pid, startTime: 0 })).toBe(false);
    expect(identify(child.pid)).toBeUndefined();
  });

  test("the environment is the one that the process was started with", async () => {
    const env = { EMPTY: "", EQUALS: "a=b=c", LINES: "1\n2" };
    const child = run("/bin/sleep", ["60"], { env });
    await until(() => readProcess(child.pid)?.name === "sleep");
    expect(Object.fromEntries(readEnvironment(child.pid))).toEqual(env);
    expect(readEnvironment(2 ** 30).size).toBe(0);
  });

  test("an open socket leads from its path to the process that holds it", async () => {
    const path = join(folder, "a socket");
    const server = createServer();
    server.listen(path);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const inode = listUnixSockets().get(path);
    expect(inode).toMatch(/^\d+$/);
    expect(openSocketInodes(process.pid)).toContain(inode);
    expect(openSocketInodes(2 ** 30).size).toBe(0);
  });
});

describe("sending signals", () => {
  test("reaches the process that was meant", async () => {
    const child = run("/bin/sleep", ["60"]);
    const id = identify(child.pid);
    sendSignal(id ?? { pid: child.pid, startTime: 0 }, "SIGTERM");
    expect(await once(child, "exit")).toEqual([null, "SIGTERM"]);
  });

  test("never reaches another that has got its pid", () => {
    const child = run("/bin/sleep", ["60"]);
    sendSignal({ pid: child.pid, startTime: 1 }, "SIGKILL");
    expect(isRunning(identify(child.pid) ?? { pid: 0, startTime: 0 })).toBe(true);
  });

  test("to one that has ended is no error", () => {
    expect(() => sendSignal({ pid: 2 ** 30, startTime: 1 }, "SIGKILL")).not.toThrow();
  });
});

describe("descendants", () => {
  test("are found through generations, and end with a child that was taken over by init", async () => {
    const root = run("/bin/sh", ["-c", "sh -c 'sleep 60 & echo $!; wait' & wait"]);
    const [text] = await once(root.stdout ?? root, "data");
    const found = descendants(new Set([root.pid]), listProcesses()).map(({ pid }) => pid);
    expect(found).toHaveLength(2);
    expect(found.at(-1)).toBe(Number(String(text)));
    for (const pid of found) onTestFinished(() => sendSignal(identify(pid) ?? { pid, startTime: 0 }, "SIGKILL"));
  });

  test("of any family, loops included, are a set that its search ends with", () => {
    const family = fc.array(fc.nat(12), { minLength: 13, maxLength: 13 });
    fc.assert(
      fc.property(family, fc.uniqueArray(fc.nat(12), { minLength: 1, maxLength: 3 }), (parents, roots) => {
        // A process is younger than its parent, but for pid reuse between two looks.
        const all = parents.map((parent, pid): ProcessInfo => ({
          pid,
          parent: Math.min(parent, pid - 1),
          state: "S",
          isDead: false,
          name: "x",
          startTime: 0,
        }));
        const found = descendants(new Set(roots), all).map(({ pid }) => pid);
        expect(new Set(found).size).toBe(found.length);
        expect(found.filter((pid) => roots.includes(pid))).toEqual([]);
        const hasRoot = (pid: number): boolean =>
          pid >= 0 && (roots.includes(all[pid]?.parent ?? -1) || hasRoot(all[pid]?.parent ?? -1));
        const expected = all.map(({ pid }) => pid).filter((pid) => !roots.includes(pid) && hasRoot(pid));
        expect(new Set(found)).toEqual(new Set(expected));
      }),
    );
  });
});
