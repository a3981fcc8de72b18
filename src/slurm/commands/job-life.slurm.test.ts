import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { eventually, runOnCluster } from "../../../test/run-on-cluster.ts";
import { expandOutputPattern } from "./output-path.ts";
import { sacct } from "./sacct.ts";
import { sbatch } from "./sbatch.ts";
import { scancel } from "./scancel.ts";
import { hostnames } from "./scontrol-hostnames.ts";
import { holdJobs, releaseJobs, requeueJobs, updateJob } from "./scontrol-jobs.ts";
import { ping } from "./scontrol-ping.ts";
import { showJob } from "./scontrol-show-job.ts";
import { showPartition } from "./scontrol-show-partition.ts";
import { squeue, type QueuedJob } from "./squeue.ts";

const boundary = "4b1f6f2c-77aa-4b9e";
const directory = mkdtempSync(join(tmpdir(), "job-life-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function submit(body: string, options: readonly string[] = [], args: readonly string[] = []): string {
  const script = join(directory, "script.sh");
  writeFileSync(script, `#!/bin/sh\n${body}\n`);
  const standard = [`--chdir=${directory}`, "--output=/dev/null"];
  return runOnCluster(sbatch({ script, args, options: [...standard, ...options] })).nativeId;
}

function untilState(nativeId: string, ...states: readonly QueuedJob["state"][]): Promise<QueuedJob> {
  return eventually(`job ${nativeId} to be ${states.join(" or ")}`, () =>
    runOnCluster(squeue({ boundary, jobs: [nativeId] })).find((job) => states.includes(job.state)),
  );
}

test.each([
  ["exit 0", "COMPLETED", { status: 0, signal: 0 }],
  ["exit 3", "FAILED", { status: 3, signal: 0 }],
  ["kill -9 $$", "FAILED", { status: 0, signal: 9 }],
] as const)("squeue and scontrol agree on how `%s` ended", async (body, state, exit) => {
  const nativeId = submit(body);
  const job = await untilState(nativeId, "COMPLETED", "FAILED");
  expect(job).toMatchObject({ state, exit, restarts: 0 });
  expect(job.endTime).toMatch(/Z$/);
  const [shown] = runOnCluster(showJob(nativeId));
  expect(shown).toMatchObject({ state, exit, endTime: job.endTime, nodes: job.nodes, batchHost: job.batchHost });
});

test("hold, release, update, requeue and cancel reach the job", async () => {
  const nativeId = submit("exec sleep 120", ["--hold"]);
  await untilState(nativeId, "PENDING");
  runOnCluster(updateJob(nativeId, { TimeLimit: "0:05:00" }));
  runOnCluster(releaseJobs([nativeId]));
  const running = await untilState(nativeId, "RUNNING");
  expect(running).toMatchObject({ timeLimit: 300, nodeCount: 1 });
  expect(Date.parse(running.endTime ?? "") - Date.parse(running.startTime ?? "")).toBe(300_000);
  runOnCluster(requeueJobs([nativeId], "hold"));
  const requeued = await eventually("the requeued job to be held", () =>
    runOnCluster(squeue({ boundary, jobs: [nativeId] })).find((job) => job.restarts === 1 && job.state === "PENDING"),
  );
  expect(requeued.priority).toBe(0);
  runOnCluster(holdJobs([nativeId]));
  runOnCluster(scancel({ jobs: [nativeId] }));
  expect((await untilState(nativeId, "CANCELLED")).nodes).toBeUndefined();
  runOnCluster(scancel({ jobs: [nativeId] }));
});

test("a signal reaches the batch script", async () => {
  const nativeId = submit('trap "exit 7" USR1; while :; do sleep 0.1; done');
  await untilState(nativeId, "RUNNING");
  // The script is RUNNING a moment before its trap stands, so the signal is repeated until it took.
  const job = await eventually("the job's end by its trap", () => {
    runOnCluster(scancel({ jobs: [nativeId], signal: "USR1", receiver: "batch" }));
    return runOnCluster(squeue({ boundary, jobs: [nativeId] })).find((one) => one.state === "FAILED");
  });
  expect([
    { status: 7, signal: 0 },
    { status: 0, signal: 10 },
  ]).toContainEqual(job.exit);
});

test("every task of an array has a record of its own, under one id", async () => {
  const nativeId = submit("exit $SLURM_ARRAY_TASK_ID", ["--array=0-2%2"]);
  const tasks = await eventually("three tasks to end", () => {
    const jobs = runOnCluster(squeue({ boundary, jobs: [nativeId] }));
    return jobs.length === 3 && jobs.every((job) => ["COMPLETED", "FAILED"].includes(job.state)) ? jobs : undefined;
  });
  const ends = tasks.map((task) => [task.nativeId, task.exit.status] as const);
  expect(new Map(ends)).toEqual(new Map([0, 1, 2].map((task) => [`${nativeId}_${task}`, task])));
  const shown = runOnCluster(showJob(nativeId));
  expect(new Set(shown.map((one) => `${one.array?.jobId}_${one.array?.tasks}`))).toEqual(
    new Set(ends.map(([id]) => id)),
  );
  expect(runOnCluster(showJob(`${nativeId}_1`))).toMatchObject([{ exit: { status: 1, signal: 0 } }]);
  expect(runOnCluster(squeue({ boundary, jobs: [`${nativeId}_1`] }))).toHaveLength(1);
});

test("output files are where expandOutputPattern says", async () => {
  const patterns = [
    "a%j",
    "b%5j",
    "c%12j",
    "d%A-%a",
    "e%N",
    "f%n%t",
    "g%s",
    "h%u",
    "i%5x",
    "k%%j",
    "l%q",
    "m%5%j",
    "n%3q",
    "o\\%j",
    "p%J",
    "q%4t",
    "r%",
    "s%%%j",
    "t%8s",
  ];
  const jobs = patterns.map((pattern) => ({
    pattern,
    nativeId: submit("true", ["--job-name=nm", `--output=out-${pattern}`]),
  }));
  for (const { pattern, nativeId } of jobs) {
    const { jobId, user, batchHost } = await untilState(nativeId, "COMPLETED");
    // Several nodes share this host, and slurmd puts the host's name into a path.
    const path = expandOutputPattern(`out-${pattern}`, {
      jobId,
      user,
      name: "nm",
      workDirectory: directory,
      batchHost: hostName(),
    });
    expect(batchHost).toBeDefined();
    expect(readdirSync(directory), `pattern ${pattern}`).toContain(basename(path ?? "none"));
  }
});

/** What `hostname -s` prints, which is what slurmd takes for itself. */
function hostName(): string {
  const command = { argv: ["hostname", "-s"] as const, parse: ({ stdout }: { stdout: string }) => stdout.trim() };
  return runOnCluster(command);
}

test("what does not exist is named as such", () => {
  const notFound = expect.objectContaining({ code: "JOB_NOT_FOUND" });
  expect(runOnCluster(squeue({ boundary, jobs: ["4000000"] }))).toEqual([]);
  expect(runOnCluster(squeue({ boundary, jobs: ["4000000", "4000001"] }))).toEqual([]);
  expect(() => runOnCluster(showJob("4000000"))).toThrow(notFound);
  expect(() => runOnCluster(showJob("4000000_1"))).toThrow(notFound);
  expect(() => runOnCluster(holdJobs(["4000000"]))).toThrow(notFound);
  expect(() => runOnCluster(releaseJobs(["4000000"]))).toThrow(notFound);
  expect(() => runOnCluster(requeueJobs(["4000000"]))).toThrow(notFound);
  expect(() => runOnCluster(updateJob("4000000", { Comment: "x" }))).toThrow(notFound);
  expect(() => runOnCluster(scancel({ jobs: ["4000000"] }))).not.toThrow();
  expect(() => runOnCluster(showPartition("nosuch"))).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  expect(() => runOnCluster(sacct({ boundary, jobs: ["1"] }))).toThrow(
    expect.objectContaining({ code: "CAPABILITY_MISSING" }),
  );
});

test("sbatch's refusal carries its words", () => {
  const options =
    (...given: string[]) =>
    () =>
      submit("true", given);
  for (const attempt of [options("--partition=nosuch"), () => submit("true\r")]) {
    expect(attempt).toThrow(expect.objectContaining({ code: "SUBMIT_REJECTED" }));
  }
  expect(options("--partition=nosuch")).toThrow(/invalid partition specified: nosuch/);
  expect(options("--time=soon")).toThrow(/Invalid --time specification/);
  expect(options("--gpus=64", "--partition=gpu")).toThrow(/Requested node configuration/);
  expect(options("--test-only")).toThrow(/--test-only/);
  expect(() => submit("true\r")).toThrow(/DOS line breaks/);
});

test("ping, partitions and hostnames answer", () => {
  expect(runOnCluster(ping())).toMatchObject([{ role: "primary", isUp: true }]);
  expect(runOnCluster(showPartition())).toMatchObject([{ name: "cpu", isDefault: true }, { name: "gpu" }]);
  expect(runOnCluster(hostnames("a[08-10],b"))).toEqual(["a08", "a09", "a10", "b"]);
  expect(runOnCluster(hostnames(""), { SLURM_JOB_NODELIST: "x" })).toEqual([]);
});
