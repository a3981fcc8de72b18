import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { identify, isRunning, readProcess, type ProcessId } from "../../src/launcher/drivers/native/processes.ts";
import { eventually, finished, openWorkspace, type Workspace } from "./workspace.ts";

let workspace: Workspace;
let counter = 0;

beforeAll(async () => {
  workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "c", "--preset", "multi-node", "--quiet"]);
  // slurmctld takes some 20 s longer than this to find out that a node is gone.
  const conf = workspace.slurmConf("c");
  writeFileSync(conf, readFileSync(conf, "utf8").replace(/^SlurmdTimeout=.*$/m, "SlurmdTimeout=5"));
  await workspace.ok(["cluster", "start", "--name", "c", "--quiet"]);
});
afterAll(async () => {
  await workspace[Symbol.asyncDispose]();
});

/** A running batch job. */
interface Job extends ProcessId {
  readonly id: string;
}

/** Starts a job of one process on a node, and returns when it runs. */
async function startJob(node: string, ...options: readonly string[]): Promise<Job> {
  counter += 1;
  const file = join(workspace.cwd, `pid-${counter}`);
  writeFileSync(join(workspace.cwd, "job.sh"), `#!/bin/sh\necho $$ > pid-${counter}\nexec sleep 1000\n`);
  const { stdout } = await workspace.run(["sbatch", "--parsable", "-w", node, ...options, "job.sh"], "c");
  const found = await eventually(`the job on ${node} to run`, () =>
    existsSync(file) ? identify(Number(readFileSync(file, "utf8"))) : undefined,
  );
  return { ...found, id: stdout.trim() };
}

async function act(node: string, action: string, ...options: readonly string[]): Promise<void> {
  await workspace.ok(["cluster", "node", node, action, "--name", "c", "--quiet", ...options]);
}

async function nodeState(node: string): Promise<string> {
  return (await workspace.run(["sinfo", "-h", "-N", "-n", node, "-o", "%T|%E"], "c")).stdout.trim();
}

async function jobState(id: string): Promise<string> {
  const { stdout } = await workspace.run(["scontrol", "show", "job", id], "c");
  return [/JobState=(\S+)/, /Restarts=(\d+)/].map((pattern) => pattern.exec(stdout)?.[1]).join(" ");
}

beforeEach(async () => {
  await workspace.run(["scancel", "-f", "-u", String(process.getuid?.())], "c");
  await eventually("the queue to be empty", async () =>
    (await workspace.run(["squeue", "-h"], "c")).stdout === "" ? true : undefined,
  );
});

describe("a node's fault", () => {
  test("drain lets the running job end, takes no other, and shows its reason; resume takes it back", async () => {
    const job = await startJob("compute-0");
    await act("compute-0", "drain", "--reason", "new fans, $HOME & more");
    expect(await nodeState("compute-0")).toBe("draining|new fans, $HOME & more");
    expect(await jobState(job.id)).toBe("RUNNING 0");
    await workspace.run(["scancel", job.id], "c");
    await eventually("the node to be drained", async () =>
      (await nodeState("compute-0")).startsWith("drained|") ? true : undefined,
    );
    await act("compute-0", "resume");
    expect(await nodeState("compute-0")).toBe("idle|none");
  });

  test("down ends the node's jobs and no other's", async () => {
    const requeued = await startJob("compute-0", "--requeue");
    const ended = await startJob("compute-0", "--no-requeue");
    const other = await startJob("compute-1");
    await act("compute-0", "down", "--reason", "smoke");
    await eventually("the jobs to go", () => ([requeued, ended].some(isRunning) ? undefined : true));
    expect(await jobState(requeued.id)).toBe("PENDING 1");
    expect(await jobState(ended.id)).toBe("NODE_FAIL 0");
    expect([await jobState(other.id), isRunning(other)]).toEqual(["RUNNING 0", true]);
    await eventually("the node to come back by itself", async () =>
      (await nodeState("compute-0")) === "idle|none" ? true : undefined,
    );
  });

  test("freeze stops slurmd, its steps and jobs where they are; thaw has them go on", async () => {
    const job = await startJob("compute-0");
    const other = await startJob("compute-1");
    await act("compute-0", "freeze");
    const slurmd = workspace.record("c").daemons.find(({ name }) => name === "compute-0");
    const frozen = (): boolean[] =>
      [slurmd?.pid ?? 0, job.pid, other.pid].map((pid) => readProcess(pid)?.state === "T");
    expect(frozen()).toEqual([true, true, false]);
    await act("compute-0", "thaw");
    expect(frozen()).toEqual([false, false, false]);
    expect(await jobState(job.id)).toBe("RUNNING 0");
    await workspace.run(["scancel", job.id], "c");
    await eventually("the job to hear of its end", () => (isRunning(job) ? undefined : true));
  });

  test("restart is a reboot: what ran there is requeued or has failed, at once, and the node takes jobs", async () => {
    const requeued = await startJob("compute-0", "--requeue");
    const ended = await startJob("compute-0", "--no-requeue");
    const other = await startJob("compute-1");
    const before = workspace.record("c");
    await act("compute-0", "restart");
    expect([requeued, ended, other].map(isRunning)).toEqual([false, false, true]);
    expect(await jobState(requeued.id)).toBe("PENDING 1");
    expect(await jobState(ended.id)).toBe("NODE_FAIL 0");
    expect(await jobState(other.id)).toBe("RUNNING 0");
    expect(await nodeState("compute-0")).toBe("idle|none");
    expect((await workspace.run(["srun", "-w", "compute-0", "true"], "c")).code).toBe(0);
    const changed = workspace
      .record("c")
      .daemons.filter((daemon) => !before.daemons.some(({ pid }) => pid === daemon.pid));
    expect(changed.map(({ name }) => name)).toEqual(["compute-0"]);
  });

  test("kill is a power cut that slurmctld finds out by itself", { timeout: 90_000 }, async () => {
    const job = await startJob("compute-0", "--no-requeue");
    const other = await startJob("compute-1");
    await act("compute-0", "kill");
    expect([isRunning(job), isRunning(other)]).toEqual([false, true]);
    const status: unknown = JSON.parse(await workspace.ok(["cluster", "status", "--name", "c", "--json"]));
    expect(status).toMatchObject({ status: "degraded" });
    // sinfo may go on to call the node mixed, by CPUs that it still counts; its job's end is certain.
    await eventually(
      "slurmctld to take the node for dead",
      async () => ((await jobState(job.id)) === "NODE_FAIL 0" ? true : undefined),
      60_000,
      500,
    );
    expect(await nodeState("compute-0")).toMatch(/^\w+\*\|Not responding$/);
    expect(await jobState(other.id)).toBe("RUNNING 0");
    await act("compute-0", "restart");
    expect(await nodeState("compute-0")).toBe("idle|none");
  });
});

test("logs --follow goes on across a restart of the node", async () => {
  const child = workspace.start(["cluster", "logs", "compute-1", "--follow", "--name", "c"]);
  const ended = finished(child);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const starts = (): number => text.split("slurmd started on").length - 1;
  const before = await eventually("the log so far", () => (starts() > 0 ? starts() : undefined));
  await act("compute-1", "restart");
  await eventually("the restart in the log", () => (starts() === before + 1 ? true : undefined));
  child.kill("SIGINT");
  expect((await ended).stderr).toBe("");
});

describe("ssh", () => {
  const ssh = (...words: readonly string[]): ReturnType<Workspace["sluice"]> =>
    workspace.sluice(["cluster", "ssh", "--name", "c", ...words]);

  test.each([
    [["--", "exit 7"], 7],
    [["--", "sh", "-c", "exit 9"], 9],
    [["compute-1", "--", "true"], 0],
    [["--", "no-such-program"], 127],
  ])("%j exits as the command does", async (words, code) => {
    expect((await ssh(...words)).code).toBe(code);
  });

  test("several words arrive as exactly those words", async () => {
    const words = [
      "a b",
      "$(id)",
      "`id`",
      "it's",
      "new\nline",
      "",
      "*",
      '"q"',
      "\\",
      "~",
      "$HOME",
      "ü",
      "-n",
      "a;b&c|d>e",
    ];
    const { stdout } = await ssh("--", "printf", "<%s>", ...words);
    expect(stdout).toBe(words.map((word) => `<${word}>`).join(""));
  });

  test("one word is a command line, run on the node that is named", async () => {
    const { stdout } = await ssh("compute-1", "--", "echo $SLURMD_NODENAME; squeue -h | wc -l");
    expect(stdout).toBe("compute-1\n0\n");
  });

  test("bytes come out as they are", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 * 1024 }, (_, i) => (i * 7 + (i >> 8)) % 256));
    writeFileSync(join(workspace.cwd, "bytes"), bytes);
    const child = workspace.start(["cluster", "ssh", "--name", "c", "--", "cat", join(workspace.cwd, "bytes")]);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => child.once("close", resolve));
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  test("a terminal is passed through, and none is made where there is none", async () => {
    const line = [...workspace.command, "cluster", "ssh", "--name", "c", "--", "tty; exit 5"].map(
      (word) => `'${word}'`,
    );
    const inside = await workspace.run(["script", "-qec", line.join(" "), "/dev/null"]);
    expect(inside.stdout).toContain("/dev/pts/");
    expect(inside.code).toBe(5);
    expect((await ssh("--", "tty")).stdout).toBe("not a tty\n");
  });

  test("--print gives a command line that a shell can run", async () => {
    const { stdout } = await ssh("--print", "compute-0", "--", "printf", "%s", "a 'b' $c");
    expect((await workspace.run(["sh", "-c", stdout])).stdout).toBe("a 'b' $c");
  });
});
