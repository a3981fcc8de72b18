import { randomUUID } from "node:crypto";
import { SluiceError } from "../../errors.ts";
import type { SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { finalStates, type JobObservation } from "../../schema/job.ts";
import { sacct, type AccountedJob } from "../../slurm/commands/sacct.ts";
import { squeue, type QueuedJob } from "../../slurm/commands/squeue.ts";
import { toJobState } from "../../slurm/values/job-state.ts";
import { readReceipt } from "./job-folder.ts";
import { observeReceipt } from "./receipt.ts";

/**
 * What is known of a job, from the best source that still knows: slurmctld, then the accounting database, then the
 * receipts. Tasks of which nothing is known are left out.
 */
export async function observeJob(
  runner: Runner,
  job: SubmittedJob,
  signal: AbortSignal,
): Promise<readonly JobObservation[]> {
  const queue = squeue({ boundary: randomUUID(), jobs: [job.nativeId], eachTask: true });
  const seen = new Map((await runner.run(queue, { signal })).map((entry) => [entry.nativeId, observeQueued(entry)]));
  const missing = nativeIds(job).filter(({ nativeId }) => !isSeen(seen, nativeId));
  if (missing.length === 0) return [...seen.values()];

  for (const entry of await accounted(runner, job, signal)) {
    const observation = observeAccounted(entry);
    // While slurmctld has forgotten a job, the database may lag behind; only an end that it states is news.
    if (finalStates.has(observation.state) && !isSeen(seen, entry.nativeId)) seen.set(entry.nativeId, observation);
  }
  const cancelAsked =
    (await runner.readFile(`${job.directory}/cancel`, { offset: 0, maxBytes: 1 }, signal)) !== undefined;
  for (const { nativeId, task } of missing) {
    if (isSeen(seen, nativeId)) continue;
    const receipt = await readReceipt(runner, job, task, signal);
    if (receipt !== undefined) seen.set(nativeId, observeReceipt(nativeId, receipt, cancelAsked));
  }
  return [...seen.values()];
}

/** A job is itself or one of its tasks; a heterogeneous job is shown as its components, `12+0` and so on. */
function isSeen(seen: ReadonlyMap<string, JobObservation>, nativeId: string): boolean {
  return seen.has(nativeId) || seen.has(`${nativeId}+0`);
}

function nativeIds(job: SubmittedJob): { nativeId: string; task?: number }[] {
  if (job.tasks === undefined) return [{ nativeId: job.nativeId }];
  return job.tasks.map((task) => ({ nativeId: `${job.nativeId}_${task}`, task }));
}

async function accounted(runner: Runner, job: SubmittedJob, signal: AbortSignal): Promise<readonly AccountedJob[]> {
  try {
    return await runner.run(sacct({ boundary: randomUUID(), jobs: [job.nativeId] }), { signal });
  } catch (error) {
    // No accounting, or none that answers: the receipts tell what it would have told.
    const codes: readonly string[] = ["CAPABILITY_MISSING", "CLUSTER_UNREACHABLE", "SLURM_MISSING"];
    if (error instanceof SluiceError && codes.includes(error.code)) return [];
    throw error;
  }
}

const shadesOfRunning: ReadonlySet<string> = new Set(["running", "suspended", "completing"]);

function observeQueued(entry: QueuedJob): JobObservation {
  const state = toJobState(entry.state, entry.reason);
  const ended = finalStates.has(state);
  // A job that waits has an expected start; one that ended without nodes never started.
  const started = entry.nodes !== undefined && (ended || shadesOfRunning.has(state));
  return {
    nativeId: entry.nativeId,
    state,
    rawState: entry.state,
    name: entry.name,
    partition: entry.partition,
    restarts: entry.restarts,
    ...(entry.reason !== undefined && { reason: entry.reason }),
    ...(ended && { exit: entry.exit }),
    ...(entry.nodes !== undefined && { nodes: entry.nodes }),
    ...(entry.submitTime !== undefined && { submittedAt: entry.submitTime }),
    ...(started && entry.startTime !== undefined && { startedAt: entry.startTime }),
    ...(ended && entry.endTime !== undefined && { endedAt: entry.endTime }),
  };
}

function observeAccounted(entry: AccountedJob): JobObservation {
  const state = toJobState(entry.state, entry.reason);
  return {
    nativeId: entry.nativeId,
    state,
    rawState: entry.state,
    name: entry.name,
    ...(entry.reason !== undefined && { reason: entry.reason }),
    ...(finalStates.has(state) && { exit: entry.exit }),
    ...(entry.partition !== undefined && { partition: entry.partition }),
    ...(entry.nodes !== undefined && { nodes: entry.nodes }),
    ...(entry.submitTime !== undefined && { submittedAt: entry.submitTime }),
    ...(entry.startTime !== undefined && { startedAt: entry.startTime }),
    ...(entry.endTime !== undefined && { endedAt: entry.endTime }),
  };
}
