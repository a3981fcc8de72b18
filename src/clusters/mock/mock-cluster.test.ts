import { expect, test } from "vitest";
import type { Cluster, SubmitRequest, SubmittedJob } from "../../jobs/cluster.ts";
import { describeCluster } from "../../jobs/cluster.contract.ts";
import { requestOf, type Does } from "../../jobs/cluster-fixture.contract.ts";
import { createMockCluster } from "./mock-cluster.ts";

describeCluster(
  "mock",
  async () => {
    const deeds = new Map<string, Does>();
    const { cluster } = createMockCluster({
      outcomes(submission, task) {
        const does = deeds.get(submission.jobId);
        if (does === undefined) return {};
        const { stdout, stderr, status, signal, until, last, files } = does({
          ...submission,
          ...(task !== undefined && { task }),
        });
        const running = { state: "running", stdout, stderr, ...(until !== undefined && { until }) } as const;
        return { states: ["pending", running], exit_code: status, signal, stdout: last, files };
      },
    });
    return {
      cluster,
      workDirectory: "/home/ada/my work",
      stage: (jobId, does) => void deeds.set(jobId, does),
      close: async () => {},
    };
  },
  { pendingOptions: ["--hold"] },
);

const never = new AbortController().signal;

/** Time that passes when the test says so. */
function stoppedClock() {
  let now = Date.parse("2026-07-01T10:00:00Z");
  return {
    clock: { now: () => now, sleep: async () => {} },
    pass: (seconds: number): void => void (now += seconds * 1_000),
  };
}

const script = "#!/bin/bash\n#SBATCH --cpus-per-task=4\nhostname\n";
const request = (more: Partial<SubmitRequest> = {}): SubmitRequest =>
  requestOf(script, { workDirectory: "/work", ...more });

async function statesOf(cluster: Cluster, job: SubmittedJob, looks: number): Promise<readonly string[]> {
  const states: string[] = [];
  for (let look = 0; look < looks; look++) states.push((await cluster.observe(job, never))[0]?.state ?? "unknown");
  return states;
}

test("jobs are numbered from mock-1 on, and what would have run is kept as it came", async () => {
  const { cluster, submissions } = createMockCluster();
  const asked = request({ args: ["a b"], environment: { KEY: "value" }, options: ["--mem=1G"], name: "train" });
  expect(await cluster.submit(asked, never)).toMatchObject({ nativeId: "mock-1" });
  expect(await cluster.submit(request(), never)).toMatchObject({ nativeId: "mock-2" });
  expect(submissions[0]).toMatchObject({
    jobId: asked.jobId,
    nativeId: "mock-1",
    name: "train",
    script,
    args: ["a b"],
    environment: { KEY: "value" },
    workDirectory: "/work",
  });
  expect(Object.fromEntries(submissions[0]?.options ?? [])).toEqual({ "cpus-per-task": "4", mem: "1G" });
});

test("where nothing is said, a job waits, runs and completes, a look at a time", async () => {
  const { cluster } = createMockCluster();
  const job = await cluster.submit(request(), never);
  expect(await statesOf(cluster, job, 4)).toEqual(["pending", "running", "completed", "completed"]);
});

test.for([
  [
    { ends: "timeout", reason: "TimeLimit" },
    { state: "timeout", rawState: "TIMEOUT", reason: "TimeLimit" },
  ],
  [
    { ends: "out_of_memory", signal: 9 },
    { state: "out_of_memory", exit: { status: 0, signal: 9 } },
  ],
  [{ ends: "failed" }, { state: "failed", exit: { status: 1, signal: 0 } }],
  [{ exit_code: 7 }, { state: "failed", exit: { status: 7, signal: 0 } }],
  [{ ends: "node_fail" }, { state: "node_fail" }],
  [{ ends: "never" }, { state: "running" }],
] as const)("an outcome of %j ends as %j", async ([outcome, end]) => {
  const { cluster } = createMockCluster({ outcomes: [outcome] });
  const job = await cluster.submit(request(), never);
  await statesOf(cluster, job, 3);
  expect(await cluster.observe(job, never)).toMatchObject([end]);
});

test("the first rule that fits a job's name, its script and its task counts", async () => {
  const { cluster } = createMockCluster({
    outcomes: [
      { name: "train-*", contains: "hostname", tasks: "1", states: [], exit_code: 5 },
      { name: "train-?", states: [], exit_code: 6 },
      { name: "train-*", contains: "nothing of it", states: [], exit_code: 7 },
    ],
  });
  const codesOf = async (name: string, options: readonly string[] = []): Promise<readonly unknown[]> => {
    const job = await cluster.submit(request({ name, options }), never);
    await statesOf(cluster, job, 2);
    return (await cluster.observe(job, never)).map(({ exit }) => exit?.status);
  };
  expect(await codesOf("train-x", ["--array=0-2"])).toEqual([6, 5, 6]);
  expect(await codesOf("train-xy")).toEqual([0]);
  expect(await codesOf("a train-x")).toEqual([0]);
});

test("states last as many looks, or as long by the clock, as they are to; a late look catches up", async () => {
  const { clock, pass } = stoppedClock();
  const { cluster } = createMockCluster({
    clock,
    outcomes: [
      {
        states: [
          { state: "pending", polls: 2, reason: "Resources" },
          { state: "running", seconds: 60 },
        ],
      },
    ],
  });
  const job = await cluster.submit(request(), never);
  expect(await cluster.observe(job, never)).toMatchObject([{ state: "pending", reason: "Resources" }]);
  expect(await statesOf(cluster, job, 3)).toEqual(["pending", "running", "running"]);
  pass(500);
  expect(await cluster.observe(job, never)).toMatchObject([
    { state: "completed", startedAt: "2026-07-01T10:00:00.000Z", endedAt: "2026-07-01T10:01:00.000Z" },
  ]);
});

test("a job that waits again after it ran counts a restart, and prints anew", async () => {
  const { cluster } = createMockCluster({
    outcomes: [
      {
        states: [
          "pending",
          { state: "running", stdout: "first\n" },
          "pending",
          { state: "running", stdout: "second\n" },
        ],
      },
    ],
  });
  const job = await cluster.submit(request(), never);
  expect(await statesOf(cluster, job, 4)).toEqual(["pending", "running", "pending", "running"]);
  const seen = await cluster.observe(job, never);
  expect(seen).toMatchObject([{ state: "completed", restarts: 1 }]);
  const [stdout] = await cluster.outputs(job, seen, never);
  const slice = stdout && (await cluster.readOutput(stdout, { offset: 0, maxBytes: 100 }, never));
  expect(Buffer.from(slice?.bytes ?? []).toString()).toBe("second\n");
});

test("held, released, requeued, signalled and changed by the port's words, each twice", async () => {
  const { cluster, submissions } = createMockCluster({ outcomes: [{ ends: "never" }] });
  const job = await cluster.submit(request({ options: ["--hold"] }), never);
  expect(await cluster.observe(job, never)).toMatchObject([{ state: "held", reason: "JobHeldUser" }]);
  for (const verb of ["hold", "hold", "release", "release"] as const) await cluster.control(job, verb, never);
  expect(await statesOf(cluster, job, 1)).toEqual(["running"]);
  await expect(cluster.control(job, "hold", never)).rejects.toMatchObject({ code: "COMMAND_FAILED" });
  for (const verb of ["requeue", "requeue"] as const) await cluster.control(job, verb, never);
  expect(await cluster.observe(job, never)).toMatchObject([{ state: "pending", restarts: 1 }]);
  await cluster.observe(job, never);
  for (const name of ["USR1", "usr1"]) await cluster.signalJob(job, name, never);
  await expect(cluster.signalJob(job, "NOPE", never)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  await cluster.change(job, { timeLimit: "5" }, never);
  await expect(cluster.change(job, { timeLimit: "soon" }, never)).rejects.toMatchObject({ code: "FORMAT_INVALID" });
  expect(submissions[0]).toMatchObject({ signals: ["USR1", "USR1"], limits: { timeLimit: "5" } });
  await cluster.signalJob(job, "KILL", never);
  expect(await cluster.observe(job, never)).toMatchObject([{ state: "failed", exit: { status: 0, signal: 9 } }]);
});

test("a job waits for those that it depends on, and for ever for one that ended otherwise", async () => {
  const { cluster, advance } = createMockCluster({ outcomes: [{ name: "bad", states: ["running"], exit_code: 1 }] });
  const good = await cluster.submit(request({ name: "good" }), never);
  const bad = await cluster.submit(request({ name: "bad" }), never);
  const after = (dependency: string): Promise<SubmittedJob> =>
    cluster.submit(request({ options: [`--dependency=${dependency}`] }), never);
  const reasonOf = async (job: SubmittedJob): Promise<string | undefined> =>
    (await cluster.observe(job, never))[0]?.reason;
  const [ok, any, never1] = await Promise.all([
    after(`afterok:${good.nativeId}`),
    after(`afterany:${good.nativeId}:${bad.nativeId}`),
    after(`afterok:${bad.nativeId}`),
  ]);
  for (const job of [ok, any, never1]) expect(await reasonOf(job)).toBe("Dependency");
  for (const _ of [1, 2, 3]) advance("mock-1");
  advance("mock-2");
  expect(await statesOf(cluster, ok, 2)).toEqual(["running", "completed"]);
  expect(await statesOf(cluster, any, 1)).toEqual(["running"]);
  expect(await reasonOf(never1)).toBe("DependencyNeverSatisfied");
  await expect(after("afterok:mock-99")).rejects.toMatchObject({ code: "SUBMIT_REJECTED" });
});

test("as many tasks of an array run at once as it allows", async () => {
  const { cluster, advance } = createMockCluster({ outcomes: [{ ends: "never" }] });
  const job = await cluster.submit(request({ options: ["--array=0-3%2"] }), never);
  await cluster.observe(job, never);
  const seen = (await cluster.observe(job, never)).map(({ state, reason }) => [state, reason]);
  const waits = ["pending", "JobArrayTaskLimit"];
  expect(seen).toEqual([["running", undefined], ["running", undefined], waits, waits]);
  advance("mock-1_3");
  expect((await cluster.observe(job, never))[3]?.state).toBe("running");
});

test("it fails as it is told: refuses, does not answer so many times, and loses an answer", async () => {
  const { cluster, fail, submissions } = createMockCluster({
    faults: [
      { fault: "refuse", name: "bad-*", message: "Invalid account" },
      { fault: "unreachable", to: "look", after: 1, times: 2 },
    ],
  });
  await expect(cluster.submit(request({ name: "bad-1" }), never)).rejects.toMatchObject({
    code: "SUBMIT_REJECTED",
    message: "Invalid account",
  });
  const job = await cluster.submit(request(), never);
  const unreachable = { code: "CLUSTER_UNREACHABLE" };
  await cluster.queue(never);
  await expect(cluster.observe(job, never)).rejects.toMatchObject(unreachable);
  await expect(cluster.queue(never)).rejects.toMatchObject(unreachable);
  await cluster.queue(never);

  fail({ fault: "lose-answer", times: 1 });
  const asked = request();
  await expect(cluster.submit(asked, never)).rejects.toMatchObject(unreachable);
  expect(await cluster.find(asked.jobId, never)).toMatchObject({ nativeId: "mock-2" });
  expect(await cluster.submit(asked, never)).toMatchObject({ nativeId: "mock-2" });
  expect(submissions).toHaveLength(2);
});

test("its nodes and partitions are those of its settings", async () => {
  const { cluster } = createMockCluster({
    nodes: [
      { name: "cpu-[1-3]", cpus: 4 },
      { name: "gpu-1", gres: "gpu:a100:8", state: "idle+drain", reason: "fan" },
    ],
    partitions: [
      { name: "cpu", nodes: "cpu-[1-3]", max_time: "1:00:00" },
      { name: "all", state: "drain" },
    ],
  });
  const { nodes, partitions } = await cluster.inventory(never);
  expect(nodes.at(-1)).toMatchObject({ name: "gpu-1", flags: ["drain"], acceptsJobs: false, reason: { text: "fan" } });
  expect(partitions).toMatchObject([
    { name: "cpu", isDefault: true, nodes: "cpu-[1-3]", totalCpus: 12, maxTimeSeconds: 3_600 },
    { name: "all", isDefault: false, state: "drain", totalNodes: 4 },
  ]);
  await expect(cluster.submit(request({ options: ["--partition=none"] }), never)).rejects.toMatchObject({
    code: "SUBMIT_REJECTED",
  });
});

test("a dry run takes nothing, and a refusal is its answer", async () => {
  const { cluster, submissions } = createMockCluster();
  expect(await cluster.test(request(), never)).toMatchObject({ accepted: true });
  expect(await cluster.test(request({ script: Buffer.from("no interpreter\n") }), never)).toMatchObject({
    accepted: false,
    message: expect.stringMatching(/line 1/),
  });
  expect(await cluster.test(request({ options: ["--partition=none"] }), never)).toMatchObject({ accepted: false });
  expect(submissions).toEqual([]);
});

test("what was forgotten is gone, but for what the user named; and time moves no job that has ended", async () => {
  const { clock, pass } = stoppedClock();
  const { cluster } = createMockCluster({ clock, outcomes: [{ states: [], stdout: "kept\n" }] });
  const job = await cluster.submit(request({ options: ["--output=%j-%x.txt"], name: "job" }), never);
  expect(await cluster.queue(never)).toMatchObject([{ state: "completed", jobNativeId: "mock-1", jobId: job.jobId }]);
  pass(400);
  // As slurmctld forgets what has ended for long; what became of it is told all the same.
  expect(await cluster.queue(never)).toEqual([]);
  expect((await cluster.settle([job], never)).get(job.jobId)).toMatchObject({ known: [{ state: "completed" }] });
  await cluster.forget(job, never);
  expect((await cluster.settle([job], never)).get(job.jobId)).toEqual({ known: [] });
  expect(await cluster.observe(job, never)).toEqual([]);
  await expect(cluster.control(job, "hold", never)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  const file = { stream: "stdout", path: "/work/mock-1-job.txt", nativeId: "mock-1" } as const;
  const kept = await cluster.readOutput(file, { offset: 0, maxBytes: 9 }, never);
  expect(Buffer.from(kept?.bytes ?? []).toString()).toBe("kept\n");
});
