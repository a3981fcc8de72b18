import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ClusterRecord } from "../../src/schema/cluster-record.ts";
import { nothing, tracesOf } from "./machine.ts";
import { eventually, finished, openWorkspace, type Result, type Workspace } from "./workspace.ts";

/** Accepted by Sluice, refused by slurmctld when it starts. */
const refusedBySlurm = `name: bad
nodes: [{ name: n0, role: all-in-one, cpus: 2, memory: 1024 }]
partitions: [{ name: debug, default: true, nodes: [n0], max_time: nonsense }]
`;

const fullCreate = ["cluster", "create", "--name", "c", "--preset", "full", "--start"];
const accountingCreate = ["cluster", "create", "--name", "c", "--with-accounting", "--start"];

/** Lines of progress on stderr, each the moment at which a signal comes. */
const moments = [
  { moment: "wrote", args: fullCreate },
  { moment: "munged answers", args: fullCreate },
  { moment: "slurmctld answers", args: fullCreate },
  { moment: "making the accounting database", args: accountingCreate },
  { moment: "MariaDB answers", args: accountingCreate },
] as const;

interface Interrupted extends Result {
  /** As it was when the signal was sent. */
  readonly record: ClusterRecord;
}

/** Sends a signal to a create as soon as it has told of the moment; again where it had ended well before that arrived. */
async function interrupted(
  workspace: Workspace,
  args: readonly string[],
  moment: string,
  signal: NodeJS.Signals,
): Promise<Interrupted> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const result = await interruptedOnce(workspace, args, moment, signal);
    if (result.code !== 0) return result;
    await workspace.ok(["cluster", "destroy", "--name", "c", "--quiet"]);
  }
  throw new Error(`create always ended before ${signal} at "${moment}"`);
}

async function interruptedOnce(
  workspace: Workspace,
  args: readonly string[],
  moment: string,
  signal: NodeJS.Signals,
): Promise<Interrupted> {
  const child = workspace.start(args);
  let told = "";
  let record: ClusterRecord | undefined;
  child.stderr.on("data", (chunk: Buffer) => {
    told += chunk.toString();
    if (record !== undefined || !told.includes(moment)) return;
    record = workspace.record("c");
    child.kill(signal);
  });
  const result = await finished(child);
  if (record === undefined) throw new Error(`create never told "${moment}": ${told}`);
  return { ...result, record };
}

describe.each(["SIGINT", "SIGTERM"] as const)("%s during create", (signal) => {
  test.each(moments)("leaves nothing when it comes at: $moment", async ({ moment, args }) => {
    await using workspace = openWorkspace();
    const { code, stderr, stdout, record } = await interrupted(workspace, args, moment, signal);
    expect(stdout).toBe("");
    expect(stderr).toContain("[CANCELLED]");
    expect(code).toBe(130);
    expect(tracesOf(workspace, [record])).toEqual(nothing);
  });
});

test.each(moments)("killing sluice at `$moment` leaves what one destroy clears", async ({ moment, args }) => {
  await using workspace = openWorkspace();
  const { code, record } = await interrupted(workspace, args, moment, "SIGKILL");
  expect(code).toBe(128 + 9);
  expect(tracesOf(workspace, [record]).files).not.toEqual([]);

  const second = await workspace.sluice(args);
  expect(second.code).toBe(5);
  expect(second.stderr).toContain("sluice cluster destroy --name c");

  await workspace.ok(["cluster", "destroy", "--name", "c"]);
  expect(tracesOf(workspace, [record])).toEqual(nothing);
});

test("a create that Slurm refuses rolls back, and says file, line and why", async () => {
  await using workspace = openWorkspace();
  writeFileSync(join(workspace.cwd, "bad.yaml"), refusedBySlurm);
  const { code, stderr } = await workspace.sluice(["cluster", "create", "--config", "bad.yaml", "--start"]);
  expect(code).toBe(78);
  expect(stderr).toContain("rolling back");
  expect(stderr).toMatch(/config\/slurm\.conf:\d+: Slurm refuses it: Bad value "nonsense" for MaxTime/);
  expect(readdirSync(workspace.cwd)).toEqual(["bad.yaml"]);
  expect(tracesOf(workspace, [])).toEqual(nothing);
});

test("with --no-rollback a failed create stays to be looked at, and destroy clears it", async () => {
  await using workspace = openWorkspace();
  writeFileSync(join(workspace.cwd, "bad.yaml"), refusedBySlurm);
  const failed = await workspace.sluice(["cluster", "create", "--config", "bad.yaml", "--start", "--no-rollback"]);
  expect(failed.code).toBe(78);
  const record = workspace.record("bad");
  expect(existsSync(join(workspace.directory("bad"), "log/slurmctld.out"))).toBe(true);
  const { stdout } = await workspace.sluice(["cluster", "list", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject([{ name: "bad", status: "stopped" }]);
  await workspace.ok(["cluster", "destroy", "--name", "bad"]);
  expect(tracesOf(workspace, [record])).toEqual(nothing);
});

test("a port that somebody took meanwhile makes start fail and name it, and no daemon stays", async () => {
  await using workspace = openWorkspace();
  await workspace.ok(["cluster", "create", "--name", "c", "--preset", "multi-node"]);
  const record = workspace.record("c");
  const { stdout } = await workspace.run(["grep", "^SlurmctldPort=", workspace.slurmConf("c")]);
  const port = Number(stdout.split("=")[1]);
  expect(record.ports).toContain(port);
  {
    await using _thief = await listen(port);
    const { code, stderr } = await workspace.sluice(["cluster", "start", "--name", "c"]);
    expect(code).toBe(5);
    expect(stderr).toContain(`port ${port} (slurmctld)`);
    expect(tracesOf(workspace, [record]).processes).toEqual([]);
    // The thief's.
    expect(tracesOf(workspace, [record]).ports).toEqual([port]);
  }
  await workspace.ok(["cluster", "start", "--name", "c"]);
  expect((await workspace.run(["srun", "-N2", "true"], "c")).code).toBe(0);
});

test("a second create of the same name at the same time is told who the first is", async () => {
  await using workspace = openWorkspace();
  const first = workspace.start(fullCreate);
  const ended = finished(first);
  await eventually("the first to have begun", () => (existsSync(workspace.directory("c")) ? true : undefined));
  const second = await workspace.sluice(fullCreate);
  expect([5, 75]).toContain(second.code);
  expect((await ended).code).toBe(0);
  expect((await workspace.run(["srun", "true"], "c")).code).toBe(0);
});

async function listen(port: number): Promise<AsyncDisposable> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
