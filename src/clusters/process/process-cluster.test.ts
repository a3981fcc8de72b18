import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../config.ts";
import { describeCluster } from "../../jobs/cluster.contract.ts";
import { followToEnd, requestOf } from "../../jobs/cluster-fixture.contract.ts";
import type { Cluster } from "../../jobs/cluster.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { createProcessCluster } from "./process-cluster.ts";

const environment = readConfig().environment;
const never = new AbortController().signal;

async function open(): Promise<{ cluster: Cluster; base: string; close: () => Promise<void> }> {
  // A base with characters that a shell would read.
  const base = await mkdtemp(join(tmpdir(), "sluice it's $(x) "));
  const runner = createLocalRunner({ env: environment });
  const cluster = createProcessCluster({ name: "this machine", base, runner, environment });
  return { cluster, base, close: () => rm(base, { recursive: true, force: true }) };
}

describeCluster("process", async () => {
  const own = await open();
  return { cluster: own.cluster, workDirectory: own.base, close: () => own.close() };
});

let here: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  here = await open();
});
afterAll(() => here.close());

test("the variables that Slurm sets are there", async () => {
  const script =
    '#!/bin/sh\necho "$SLURM_JOB_ID $SLURM_JOB_NAME $SLURM_NTASKS $SLURM_SUBMIT_DIR"\n[ "$SLURMD_NODENAME" = "$SLURM_JOB_NODELIST" ]\n';
  const request = requestOf(script, { workDirectory: here.base, options: ["--ntasks=3"] });
  const job = await here.cluster.submit(request, never);
  const { observations, stdout } = await followToEnd(here.cluster, job);
  expect(stdout.toString()).toBe(`${job.nativeId} job.sh 3 ${here.base}\n`);
  expect(observations[0]).toMatchObject({ state: "completed" });
});

test("sbatch's variables count as they are set where the job was asked for", { timeout: 30_000 }, async () => {
  const request = requestOf("#!/bin/sh\nsleep 60\n", { workDirectory: here.base });
  const callerEnvironment = { SBATCH_TIMELIMIT: "0:01", PATH: environment["PATH"] ?? "" };
  const job = await here.cluster.submit({ ...request, callerEnvironment }, never);
  expect((await followToEnd(here.cluster, job)).observations[0]).toMatchObject({ state: "timeout" });
});

test("a job past its time limit ends as a timeout", { timeout: 30_000 }, async () => {
  const request = requestOf("#!/bin/sh\nsleep 60\n", { workDirectory: here.base, options: ["--time=0:01"] });
  const { observations } = await followToEnd(here.cluster, await here.cluster.submit(request, never));
  expect(observations[0]).toMatchObject({ state: "timeout" });
});

test("what needs a real cluster is refused by name", async () => {
  for (const option of ["--gpus=1", "--gres=gpu:1", "--dependency=afterok:1", "--nodes=2"]) {
    const request = requestOf("#!/bin/sh\n", { workDirectory: here.base, options: [option] });
    await expect(here.cluster.submit(request, never)).rejects.toMatchObject({
      code: "CAPABILITY_MISSING",
      message: expect.stringContaining(option.split("=")[0] ?? ""),
    });
  }
});

test("jobs that are submitted at once have numbers of their own", { timeout: 30_000 }, async () => {
  const jobs = await Promise.all(
    Array.from({ length: 6 }, () => here.cluster.submit(requestOf("#!/bin/sh\n", { workDirectory: here.base }), never)),
  );
  expect(new Set(jobs.map(({ nativeId }) => nativeId)).size).toBe(6);
  await Promise.all(jobs.map((job) => followToEnd(here.cluster, job)));
  await Promise.all(jobs.map((job) => here.cluster.forget(job, never)));
});

test(
  "a supervisor that was killed leaves a job whose end is unknown, never one that succeeded",
  { timeout: 30_000 },
  async () => {
    const request = requestOf("#!/bin/sh\nexec sleep 300\n", { workDirectory: here.base });
    const job = await here.cluster.submit(request, never);
    const supervisor: { pid: number } = JSON.parse(
      Buffer.from(
        (
          await here.cluster.readOutput(
            { stream: "stdout", path: `${job.directory}/supervisor.json`, nativeId: job.nativeId },
            { offset: 0, maxBytes: 1000 },
            never,
          )
        )?.bytes ?? [],
      ).toString(),
    );
    const isRunning = async (): Promise<boolean> =>
      (await here.cluster.observe(job, never)).some(({ state }) => state === "running");
    await expect.poll(isRunning, { timeout: 10_000, interval: 20 }).toBe(true);
    process.kill(supervisor.pid, "SIGKILL");
    // The script itself goes on, and as long as it does the job runs.
    expect(await isRunning()).toBe(true);
    await here.cluster.cancel(job, never);
    await expect.poll(() => here.cluster.observe(job, never), { timeout: 10_000, interval: 20 }).toEqual([]);
    expect(await readdir(job.directory)).toContain("cancel");
  },
);
