import { appendFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ada, openEngineOnSlurm, patience, type EngineOnSlurm } from "../../../test/engine-on-slurm.ts";
import { openWorkspace, type Workspace } from "../../../test/sluice.ts";
import type { Explanation, JobRequest } from "../job-service.ts";

const signal = new AbortController().signal;

let workspace: Workspace;
let here: EngineOnSlurm;

beforeAll(async () => {
  workspace = await openWorkspace();
  await workspace.done("cluster", "create", "--name", "why", "--cpu-nodes", "2", "--with-accounting");
  const slurmConf = workspace.path("why", "config", "slurm.conf");
  const lines = [
    "MinJobAge=2",
    "AccountingStorageEnforce=associations,limits,qos",
    "Licenses=matlab:2",
    "PartitionName=short Nodes=compute-0 MaxTime=5 MaxNodes=1",
    "PartitionName=closed Nodes=compute-0 State=DOWN",
  ];
  await appendFile(slurmConf, `${lines.join("\n")}\n`);
  await workspace.done("cluster", "start", "--name", "why");
  here = await openEngineOnSlurm(slurmConf);
  const sacctmgr = (...words: readonly string[]): Promise<string> => here.slurm("sacctmgr", "-i", ...words);
  await sacctmgr("add", "qos", "narrow");
  await sacctmgr("modify", "qos", "narrow", "set", "MaxJobsPU=1", "MaxTRESPU=cpu=2");
  await sacctmgr("add", "account", "physics");
  await sacctmgr("modify", "account", "physics", "set", "GrpTRES=cpu=2");
  await sacctmgr("add", "account", "theory", "parent=physics");
  await sacctmgr("add", "account", "lonely");
  await sacctmgr("add", "user", "root", "account=theory");
  await sacctmgr("add", "user", "root", "account=lonely");
  await sacctmgr("modify", "user", "root", "where", "account=lonely", "set", "MaxJobs=1");
  await sacctmgr("modify", "user", "root", "set", "qos+=narrow");
}, 120_000);

/** Ends all jobs. */
async function clear(): Promise<void> {
  await here.slurm("scancel", "--user=root");
  await expect.poll(() => here.slurm("squeue", "--noheader", "--states=PENDING,RUNNING,COMPLETING"), patience).toBe("");
}

afterEach(clear);

afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await workspace[Symbol.asyncDispose]();
});

const sleeps: JobRequest = { command: ["sleep", "300"] };

/** Submits a job and explains it once it waits for this reason. */
async function whyWaits(options: JobRequest["options"] & {}, reason: RegExp): Promise<Explanation> {
  const id = await here.submit({ ...sleeps, options });
  await expect.poll(async () => (await here.store.get(id))?.reason, patience).toMatch(reason);
  return here.engine.explain(id, ada, signal);
}

async function running(options: JobRequest["options"] & {} = {}): Promise<string> {
  const id = await here.submit({ ...sleeps, options });
  await here.reaches(id, "running");
  return id;
}

describe("a job that waits is explained by the evidence:", { timeout: 120_000 }, () => {
  test("held by its owner, or by an administrator", async () => {
    const own = await whyWaits({ hold: true }, /^JobHeldUser$/);
    expect(own).toEqual({
      summary: "it is held",
      findings: [{ what: "held by its owner", evidence: "JobHeldUser", remedy: "release it" }],
    });
    const id = await here.submit({ ...sleeps, options: { begin: "now+1hour" } });
    await here.reaches(id, "pending");
    await here.slurm("scontrol", "hold", await here.nativeId(id));
    await expect.poll(async () => (await here.store.get(id))?.reason, patience).toMatch(/^JobHeldAdmin$/);
    expect((await here.engine.explain(id, ada, signal)).findings).toEqual([
      { what: "held by an administrator", evidence: "JobHeldAdmin", remedy: "ask an administrator to release it" },
    ]);
  });

  test("when it may begin", async () => {
    const { findings, expectedStart } = await whyWaits({ begin: "now+1hour" }, /^BeginTime$/);
    expect(findings).toContainEqual({
      what: expect.stringMatching(/^it may begin from \d{4}-\d\d-\d\dT/),
      evidence: expect.stringMatching(/^EligibleTime=/),
    });
    expect(expectedStart).toMatch(/^\d{4}-/);
  });

  test("which licence is in use", async () => {
    await running({ licenses: "matlab:2" });
    const { findings } = await whyWaits({ licenses: "matlab:1" }, /^Licenses$/);
    expect(findings).toContainEqual({
      what: "it asks for 1 of licence matlab, of which 2 of 2 are in use",
      evidence: "matlab Total=2 Used=2 Free=0 Reserved=0",
    });
  });

  test("what its partition does not allow", async () => {
    expect((await whyWaits({ partition: "closed" }, /^PartitionDown$/)).findings).toContainEqual({
      what: "partition closed starts no jobs",
      evidence: "State=DOWN",
    });
    expect((await whyWaits({ partition: "short", time: "60" }, /^PartitionTimeLimit$/)).findings).toContainEqual({
      what: "it asks for 01:00:00; partition short allows 00:05:00 at most",
      evidence: "MaxTime=00:05:00",
    });
    expect(
      (await whyWaits({ partition: "short", nodes: 2, time: "1" }, /^PartitionNodeLimit$|^PartitionConfig$/)).findings,
    ).toContainEqual({
      what: "it asks for 2 nodes; partition short allows 1 at most",
      evidence: expect.stringContaining("MaxNodes=1"),
    });
  });

  test("which nodes are closed, and why", async () => {
    await here.slurm("scontrol", "update", "NodeName=compute-1", "State=DRAIN", "Reason=broken fan");
    onTestFinished(async () => void (await here.slurm("scontrol", "update", "NodeName=compute-1", "State=RESUME")));
    const { findings } = await whyWaits({ nodelist: "compute-1" }, /^ReqNodeNotAvail/);
    expect(findings).toContainEqual({
      what: expect.stringMatching(/^node compute-1 takes no jobs: broken fan, says root/),
      evidence: expect.stringContaining("drain"),
    });
  });

  test("what is free of what it asks for, and who goes before it", async () => {
    await running({ nodes: 2, exclusive: true });
    const first = await here.submit({ ...sleeps, options: { nodes: 2, exclusive: true } });
    // Nodes are as of some seconds ago.
    await expect
      .poll(async () => (await here.engine.explain(first, ada, signal)).findings, patience)
      .toContainEqual({
        what: expect.stringMatching(
          /^it asks for 2 nodes and \d CPUs; of the 2 nodes that take jobs where it may run 0 are idle/,
        ),
        evidence: expect.stringContaining("node=2"),
      });
    const { findings } = await whyWaits({}, /^Priority$/);
    expect(findings).toContainEqual({
      what: "1 job that waits has a higher priority in partition cpu",
      evidence: expect.stringMatching(/^priority \d+$/),
    });
  });

  test("which maintenance keeps its nodes", async () => {
    await here.slurm(
      "scontrol",
      "create",
      "reservation",
      "ReservationName=upgrade",
      "StartTime=now+2minutes",
      "Duration=60",
      "Flags=MAINT",
      "Users=root",
      "Nodes=ALL",
    );
    const { findings } = await whyWaits({ time: "60" }, /^ReqNodeNotAvail|^Resources$/);
    expect(findings).toContainEqual({
      what: expect.stringMatching(
        /^reservation upgrade keeps nodes for maintenance from \d{4}-\S+ to \d{4}-\S+ \(compute-\[0-1\]\)$/,
      ),
      evidence: expect.stringContaining("MAINT"),
    });
    await here.slurm("scontrol", "delete", "ReservationName=upgrade");
  });

  test("when its reservation begins", async () => {
    await here.slurm(
      "scontrol",
      "create",
      "reservation",
      "ReservationName=course",
      "StartTime=now+1hour",
      "Duration=60",
      "Users=root",
      "Nodes=compute-0",
    );
    const { findings } = await whyWaits({ reservation: "course" }, /^Reservation$/);
    expect(findings).toContainEqual({
      what: expect.stringMatching(/^reservation course lasts from \d{4}-/),
      evidence: expect.stringContaining("INACTIVE"),
    });
    await clear();
    await here.slurm("scontrol", "delete", "ReservationName=course");
  });

  test("which limit of which account, or of which QOS, and how much of it is used", async () => {
    await running({ account: "theory", ntasks: 2 });
    const account = await whyWaits({ account: "theory" }, /^AssocGrpCpuLimit$/);
    expect(account.findings).toContainEqual({
      what: "the limit GrpTRES=cpu of account physics is 2, of which 2 cpu in use; it asks for 1",
      evidence: "GrpTRES=cpu=2(2)",
    });
    await running({ account: "lonely" });
    expect((await whyWaits({ account: "lonely" }, /^AssocMaxJobsLimit$/)).findings).toContainEqual({
      what: "the limit MaxJobs of user root in account lonely is 1, of which 1 in use",
      evidence: "MaxJobs=1(1)",
    });
    await running({ qos: "narrow" });
    expect((await whyWaits({ qos: "narrow" }, /^QOSMaxJobsPerUserLimit$/)).findings).toContainEqual({
      what: "the limit MaxJobsPU of user root in QOS narrow is 1, of which 1 in use",
      evidence: "MaxJobsPU=1(1)",
    });
    await clear();
    expect((await whyWaits({ qos: "narrow", ntasks: 3 }, /^QOSMaxCpuPerUserLimit$/)).findings).toContainEqual({
      what: expect.stringMatching(/^the limit MaxTRESPU=cpu of user root in QOS narrow is 2, .*it asks for 3$/),
      evidence: expect.stringMatching(/^MaxTRESPU=cpu=2\(\d\)$/),
    });
  });

  test("which job it depends on, and that this can never come true", async () => {
    const first = await here.submit({ command: ["false"], options: { hold: true } });
    await here.reaches(first, "held");
    const nativeId = await here.nativeId(first);
    const second = await here.submit({ ...sleeps, options: { dependency: `afterok:${nativeId}` } });
    await expect.poll(async () => (await here.store.get(second))?.reason, patience).toBe("Dependency");
    expect((await here.engine.explain(second, ada, signal)).findings).toContainEqual({
      what: `depends on job ${first} (${nativeId}), which is held`,
      evidence: "afterok unfulfilled",
    });
    await here.engine.act(first, "release", ada, signal);
    await expect.poll(async () => (await here.store.get(second))?.reason, patience).toBe("DependencyNeverSatisfied");
    expect((await here.engine.explain(second, ada, signal)).findings[0]).toMatchObject({
      evidence: "DependencyNeverSatisfied",
      remedy: "cancel it, or give it another dependency",
    });
  });

  test("the array's own limit", async () => {
    const id = await running({ array: "0-3%1" });
    const reason = async (): Promise<unknown> => (await here.engine.explain(id, ada, signal)).findings[0]?.evidence;
    await expect.poll(reason, patience).toBe("JobArrayTaskLimit");
    const { summary, findings } = await here.engine.explain(id, ada, signal);
    expect(summary).toMatch(/^it is running.*, and some of its tasks wait$/);
    expect(findings[0]).toMatchObject({ remedy: "raise the array's own limit of tasks at once" });
    await here.slurm("scontrol", "hold", `${await here.nativeId(id)}_3`);
    const evidence = async (): Promise<unknown> =>
      (await here.engine.explain(id, ada, signal)).findings.map((finding) => finding.evidence);
    await expect.poll(evidence, patience).toEqual(["JobArrayTaskLimit", "JobHeldAdmin"]);
  });
});

describe("where there is accounting", { timeout: 120_000 }, () => {
  async function gone(nativeId: string): Promise<void> {
    await expect.poll(() => here.slurm("squeue", "-h", "-t", "all", "-j", `${nativeId},999999`), patience).toBe("");
  }

  test("a job that went while nobody looked is settled by it, and who cancelled a job is told", async () => {
    const id = await running({ requeue: true });
    const nativeId = await here.nativeId(id);
    await here.closeEngine();
    await here.slurm("scontrol", "requeuehold", nativeId);
    // One that is cancelled before its first run is gone stays requeued for ever in the accounts of Slurm 22.05.
    await expect.poll(() => here.slurm("sinfo", "-h", "-N", "-o", "%T"), patience).toMatch(/^(idle\n)+$/);
    await here.slurm("scancel", nativeId);
    await gone(nativeId);
    await here.reopen();
    expect(await here.reaches(id, "cancelled")).toMatchObject({ rawState: "CANCELLED by 0", freshness: "fresh" });
    expect((await here.engine.explain(id, ada, signal)).findings).toContainEqual({
      what: "root cancelled it",
      evidence: "CANCELLED by 0",
    });
  });

  test("tasks are settled one by one", async () => {
    const id = await here.submit({
      script: "#!/bin/sh\nexit $SLURM_ARRAY_TASK_ID\n",
      options: { array: "0-2", hold: true },
    });
    const nativeId = await here.nativeId(id);
    await here.reaches(id, "held");
    await here.closeEngine();
    await here.slurm("scontrol", "release", nativeId);
    await gone(nativeId);
    await here.reopen();
    await here.reaches(id, "failed");
    const tasks = await here.engine.tasks(id, ada);
    expect(tasks.map(({ state, exit }) => [state, exit?.status])).toEqual([
      ["completed", 0],
      ["failed", 1],
      ["failed", 2],
    ]);
  });

  test("a task that was cancelled as it waited, while nobody looked, is told by its absence", async () => {
    const id = await here.submit({ command: ["true"], options: { array: "0-2", hold: true } });
    const nativeId = await here.nativeId(id);
    await here.reaches(id, "held");
    await here.closeEngine();
    await here.slurm("scancel", `${nativeId}_1`);
    await here.slurm("scontrol", "release", nativeId);
    await gone(nativeId);
    await here.reopen();
    await here.reaches(id, "cancelled");
    const tasks = await here.engine.tasks(id, ada);
    expect(tasks.map(({ state }) => state)).toEqual(["completed", "cancelled", "completed"]);
  });
});
