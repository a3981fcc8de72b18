import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBareCluster, type BareCluster } from "../../../test/bare-cluster.ts";
import { ada, openEngineOnSlurm, patience, type EngineOnSlurm } from "../../../test/engine-on-slurm.ts";
import type { JobState } from "../../schema/job.ts";

const signal = new AbortController().signal;

let bare: BareCluster;
let here: EngineOnSlurm;
/** Its end takes a minute, so it waits for that beside all the others. */
let overTime: string;

beforeAll(async () => {
  bare = await startBareCluster([
    "PreemptType=preempt/partition_prio",
    "PreemptMode=SUSPEND,GANG",
    "KillWait=2",
    "PartitionName=requeue Nodes=cpu-0 PriorityTier=1 PreemptMode=REQUEUE",
    "PartitionName=cancel Nodes=cpu-0 PriorityTier=1 PreemptMode=CANCEL",
    "PartitionName=suspend Nodes=cpu-0 PriorityTier=1 PreemptMode=SUSPEND OverSubscribe=FORCE:1",
    "PartitionName=high Nodes=cpu-0 PriorityTier=10 PreemptMode=OFF",
  ]);
  here = await openEngineOnSlurm(bare.slurmConf);
  overTime = await here.submit({ ...here.until("never"), options: { nodelist: "cpu-1", time: "1" } });
});

afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await bare.close();
});

/** A whole node, which nobody else may have meanwhile. */
const whole = { nodes: 1, exclusive: true } as const;
const why = async (id: string): Promise<unknown> => (await here.engine.explain(id, ada, signal)).findings;

/** Whether these states come after one another among those that the job's events tell. */
async function wentThrough(id: string, ...states: readonly JobState[]): Promise<boolean> {
  const told = await here.statesOf(id);
  let at = 0;
  for (const state of told) if (state === states[at]) at += 1;
  return at === states.length;
}

describe("what Slurm does with a job is told as it is:", { timeout: 240_000 }, () => {
  test("it is suspended and resumed", async () => {
    const id = await here.submit(here.until("suspend"));
    const { nativeId = "" } = await here.reaches(id, "running");
    await here.slurm("scontrol", "suspend", nativeId);
    await here.reaches(id, "suspended");
    await here.slurm("scontrol", "resume", nativeId);
    await here.reaches(id, "running");
    await here.letGo("suspend");
    await here.reaches(id, "completed");
    expect(await wentThrough(id, "running", "suspended", "running", "completed")).toBe(true);
  });

  test("it is suspended for a job of a higher priority, and goes on after that", async () => {
    const low = await here.submit({ ...here.until("low"), options: { partition: "suspend", ...whole } });
    await here.reaches(low, "running");
    const high = await here.submit({ ...here.until("high"), options: { partition: "high", ...whole } });
    await here.reaches(high, "running");
    await here.reaches(low, "suspended");
    expect(await why(low)).toMatchObject([{ evidence: "SUSPENDED" }]);
    await here.letGo("high");
    await here.reaches(high, "completed");
    await here.reaches(low, "running");
    await here.letGo("low");
    await here.reaches(low, "completed");
  });

  test("it is cancelled for a job of a higher priority", async () => {
    const low = await here.submit({ ...here.until("never"), options: { partition: "cancel", ...whole } });
    await here.reaches(low, "running");
    const high = await here.submit({ command: ["true"], options: { partition: "high", ...whole } });
    await here.reaches(high, "completed");
    await here.reaches(low, "preempted");
    expect(await why(low)).toContainEqual({
      what: "a job of a higher priority took its nodes",
      evidence: "PREEMPTED",
      remedy: expect.stringContaining("--requeue"),
    });
  });

  test("it is put back into the queue for a job of a higher priority", async () => {
    const options = { partition: "requeue", requeue: true, ...whole };
    const low = await here.submit({ ...here.until("never"), options });
    await here.reaches(low, "running");
    const high = await here.submit({ command: ["true"], options: { partition: "high", ...whole } });
    await here.reaches(high, "completed");
    expect(await here.reaches(low, "pending")).toMatchObject({ restarts: 1 });
    expect(await here.store.get(low)).not.toHaveProperty("startedAt");
    await here.engine.act(low, "cancel", ada, signal);
    await here.reaches(low, "cancelled");
  });

  test("it gives up a node", async () => {
    const id = await here.submit({ ...here.until("resize"), options: { nodes: 2, partition: "cpu" } });
    const { nativeId = "", nodes } = await here.reaches(id, "running");
    expect(nodes).toBe("cpu-[0-1]");
    await here.slurm("scontrol", "update", `JobId=${nativeId}`, "NumNodes=1");
    await expect.poll(async () => (await here.store.get(id))?.nodes, patience).toBe("cpu-0");
    await here.letGo("resize");
    expect(await here.reaches(id, "completed")).toMatchObject({ nodes: "cpu-0", restarts: 0 });
  });

  test("it is moved to another partition", async () => {
    const id = await here.submit({ command: ["true"], options: { hold: true } });
    const { nativeId = "", partition } = await here.reaches(id, "held");
    expect(partition).toBe("cpu");
    await here.slurm("scontrol", "update", `JobId=${nativeId}`, "Partition=gpu");
    await expect.poll(async () => (await here.store.get(id))?.partition, patience).toBe("gpu");
    await here.slurm("scancel", nativeId);
    expect(await here.reaches(id, "cancelled")).not.toHaveProperty("startedAt");
  });

  test("each component of a heterogeneous job stands for itself", async () => {
    const { script = "", args = [] } = here.until("het", "exit 3");
    const header = "#SBATCH --ntasks=1 --partition=cpu\n#SBATCH hetjob\n#SBATCH --ntasks=1 --partition=gpu --gpus=1\n";
    const id = await here.submit({ script: script.replace("\n", `\n${header}`), args });
    const components = async (): Promise<unknown> => {
      const tasks = await here.engine.tasks(id, ada);
      return tasks.map(({ nativeId, state, nodes }) => [nativeId.replace(/^\d+/, ""), state, nodes]);
    };
    await here.reaches(id, "running");
    await expect.poll(components, patience).toEqual([
      ["+0", "running", expect.stringMatching(/^cpu-/)],
      ["+1", "running", "gpu-0"],
    ]);
    await here.letGo("het");
    expect(await here.reaches(id, "failed")).toMatchObject({ exit: { status: 3, signal: 0 } });
    expect(await components()).toEqual([
      ["+0", "failed", expect.stringMatching(/^cpu-/)],
      ["+1", "failed", "gpu-0"],
    ]);
  });

  test("it is requeued into a hold, and marked as a special exit", async () => {
    const id = await here.submit({ ...here.until("never"), options: { requeue: true } });
    const { nativeId = "" } = await here.reaches(id, "running");
    await here.slurm("scontrol", "requeuehold", "State=SpecialExit", nativeId);
    expect(await here.reaches(id, "held")).toMatchObject({ rawState: "SPECIAL_EXIT", restarts: 1 });
    expect(await why(id)).toContainEqual({
      what: "held after it was requeued",
      evidence: "job requeued in held state",
      remedy: "release it",
    });
    await here.engine.act(id, "release", ada, signal);
    await here.reaches(id, "pending");
    await here.engine.act(id, "cancel", ada, signal);
    await here.reaches(id, "cancelled");
  });

  test("it is cancelled and then requeued, and runs to its end", async () => {
    const id = await here.submit({ ...here.until("again"), options: { requeue: true } });
    await here.reaches(id, "running");
    await here.engine.act(id, "cancel", ada, signal);
    await here.reaches(id, "cancelled");
    // Slurm refuses while it ends what is left of the first run.
    const requeued = (): Promise<unknown> => here.engine.act(id, "requeue", ada, signal).catch(String);
    await expect.poll(requeued, patience).toMatchObject({ cancelRequested: false });
    await here.letGo("again");
    expect(await here.reaches(id, "completed")).toMatchObject({ restarts: 1 });
  });

  test("tasks of an array end each in its own way, and one that is requeued waits again", async () => {
    const script = `#!/bin/sh
case $SLURM_ARRAY_TASK_ID in
  1) exit 3 ;;
  2) kill -KILL $$ ;;
  3) [ "\${SLURM_RESTART_COUNT:-0}" = 1 ] || { scontrol requeue "\${SLURM_ARRAY_JOB_ID}_3"; sleep 60; } ;;
esac
`;
    const id = await here.submit({ script, options: { array: "0-3", requeue: true, partition: "gpu" } });
    const states = async (): Promise<unknown> => (await here.engine.tasks(id, ada)).map(({ state }) => state);
    await expect.poll(states, patience).toEqual(["completed", "failed", "failed", "pending"]);
    expect(await here.store.get(id)).toMatchObject({ state: "pending", restarts: 1 });
    await here.reaches(id, "failed");
    const tasks = await here.engine.tasks(id, ada);
    expect(tasks.map(({ state, exit, restarts }) => [state, exit?.status, exit?.signal, restarts])).toEqual([
      ["completed", 0, 0, 0],
      ["failed", 3, 0, 0],
      ["failed", 0, 9, 0],
      ["completed", 0, 0, 1],
    ]);
  });

  test("its node goes down", async () => {
    const options = { partition: "gpu" };
    const ends = await here.submit({ ...here.until("never"), options: { ...options, noRequeue: true } });
    const again = await here.submit({ ...here.until("never"), options: { ...options, requeue: true } });
    await here.reaches(ends, "running");
    await here.reaches(again, "running");
    await here.slurm("scontrol", "update", "NodeName=gpu-0", "State=DOWN", "Reason=pulled the plug");
    await here.reaches(ends, "node_fail");
    expect(await why(ends)).toContainEqual({
      what: "a node that it ran on went down",
      evidence: "NodeDown",
      remedy: expect.stringContaining("--requeue"),
    });
    expect(await here.reaches(again, "pending")).toMatchObject({ restarts: 1 });
    await here.engine.act(again, "cancel", ada, signal);
    await here.reaches(again, "cancelled");
  });

  test("its time runs out", async () => {
    const minutes = { timeout: 180_000, interval: 200 };
    await expect.poll(async () => (await here.store.get(overTime))?.state, minutes).toBe("timeout");
    expect(await why(overTime)).toContainEqual({
      what: "it ran for as long as its time limit allowed",
      evidence: "TimeLimit",
      remedy: expect.stringContaining("longer time limit"),
    });
  });
});
