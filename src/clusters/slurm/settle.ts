import { randomUUID } from "node:crypto";
import { SluiceError } from "../../errors.ts";
import type { SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { finalStates, type JobObservation } from "../../schema/job.ts";
import { sacct, type AccountedJob } from "../../slurm/commands/sacct.ts";
import { toJobState } from "../../slurm/values/job-state.ts";
import { cancelName, readReceipt, taskFile } from "./job-folder.ts";
import { observeReceipt } from "./receipt.ts";
import { removedTasks, type Task, type UntoldTasks } from "./removed-tasks.ts";

/** So many ids fit into one command line, and one answer into memory, with room to spare. */
const jobsPerQuestion = 500;

/**
 * What is known of jobs, or of those of their tasks, that slurmctld does not list: from the accounting database, by one
 * question for all, then from the receipts. Of a job that nobody remembers, and whose end Sluice had asked for, its going
 * is that end; so it is of tasks that were cancelled as they waited. Gives observations by Sluice's id; what nothing is known of is left out.
 */
export async function settleJobs(
  runner: Runner,
  jobs: readonly SubmittedJob[],
  /** Whether a job or task, by native id, is known already. */
  isListed: (nativeId: string) => boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly JobObservation[]>> {
  const missing = jobs.flatMap((job) => {
    const parts = partsOf(job).filter(({ nativeId }) => !isListed(nativeId));
    return parts.length === 0 ? [] : [{ job, parts }];
  });
  const accounted = await ends(runner, missing, signal);
  const settled = new Map<string, readonly JobObservation[]>();
  const untoldTasks: UntoldTasks[] = [];
  for (const { job, parts } of missing) {
    const account = accounted.get(job.jobId);
    const known = parts.flatMap(({ nativeId }) => account?.ends.get(nativeId) ?? []);
    const unaccounted = parts.filter(({ nativeId }) => account?.ends.has(nativeId) !== true);
    if (unaccounted.length > 0) known.push(...(await receipts(runner, job, unaccounted, account?.restarts, signal)));
    if (known.length > 0) settled.set(job.jobId, known);
    const told = new Set(known.map(({ nativeId }) => nativeId));
    const tasks = unaccounted.filter(isTask).filter(({ nativeId }) => !told.has(nativeId));
    if (tasks.length > 0) untoldTasks.push({ job, tasks, isOver: account?.isOver === true });
  }
  for (const [jobId, removed] of await removedTasks(runner, untoldTasks, signal)) {
    if (removed.length > 0) settled.set(jobId, [...(settled.get(jobId) ?? []), ...removed]);
  }
  return settled;
}

/** A job, or one task of an array. */
interface Part {
  readonly nativeId: string;
  readonly task?: number;
}

function isTask(part: Part): part is Task {
  return part.task !== undefined;
}

function partsOf(job: SubmittedJob): readonly Part[] {
  if (job.tasks === undefined) return [{ nativeId: job.nativeId }];
  return job.tasks.map((task) => ({ nativeId: `${job.nativeId}_${task}`, task }));
}

/** What the accounting database states of a job, by native id. */
interface Accounted {
  /** A heterogeneous job has an end for each component. */
  readonly ends: ReadonlyMap<string, readonly JobObservation[]>;
  /** How often it was put back into the queue: receipts of earlier runs tell nothing of its end. */
  readonly restarts: ReadonlyMap<string, number>;
  /** There are records, and each is of an end. */
  readonly isOver: boolean;
}

/** Ends that the accounting database states, by Sluice's id. */
async function ends(
  runner: Runner,
  missing: readonly { readonly job: SubmittedJob }[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Accounted>> {
  const found = new Map<string, Accounted>();
  for (let at = 0; at < missing.length; at += jobsPerQuestion) {
    const jobs = missing.slice(at, at + jobsPerQuestion).map(({ job }) => job);
    const runs = groupBy(
      await askAccounting(runner, jobs, signal),
      ({ nativeId }) => nativeId.split(/[_+]/)[0] ?? nativeId,
    );
    for (const job of jobs) found.set(job.jobId, readRuns(job, runs.get(job.nativeId) ?? []));
  }
  return found;
}

/**
 * Of several runs the last counts. A slurmctld that lost its state counts from 1 again, so a record of this number may be
 * another's: the command line that submitted it names the job's folder.
 */
function readRuns({ jobId }: SubmittedJob, runs: readonly AccountedJob[]): Accounted {
  const last = new Map<string, AccountedJob>();
  const restarts = new Map<string, number>();
  for (const run of runs) {
    const isOurs = run.submitLine === undefined || run.submitLine.includes(`/jobs/${jobId}/`);
    // A job that is resized gets a new record while it runs.
    if (!isOurs || run.state === "RESIZING") continue;
    const known = last.get(run.nativeId);
    restarts.set(run.nativeId, (restarts.get(run.nativeId) ?? 0) + (known === undefined ? 0 : 1));
    last.set(run.nativeId, run);
  }
  for (const [nativeId, { state }] of last) {
    if (state === "REQUEUED") restarts.set(nativeId, (restarts.get(nativeId) ?? 0) + 1);
  }
  // While slurmctld has forgotten a job, the database may lag behind; only an end that it states is news.
  const ended = [...last.values()].map(observeAccounted).filter(({ state }) => finalStates.has(state));
  const isOver = ended.length > 0 && ended.length === last.size;
  return { ends: groupBy(ended, ({ nativeId }) => nativeId.split("+")[0] ?? nativeId), restarts, isOver };
}

function groupBy<T>(things: readonly T[], keyOf: (thing: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [thing]);
    else group.push(thing);
  }
  return groups;
}

async function askAccounting(
  runner: Runner,
  jobs: readonly SubmittedJob[],
  signal: AbortSignal,
): Promise<readonly AccountedJob[]> {
  const ids = jobs.map(({ nativeId }) => nativeId);
  try {
    return await runner.run(sacct({ boundary: randomUUID(), jobs: ids, everyRun: true, submitLine: true }), { signal });
  } catch (error) {
    // No accounting, or none that answers: the receipts tell what it would have told.
    const codes: readonly string[] = ["CAPABILITY_MISSING", "CLUSTER_UNREACHABLE", "SLURM_MISSING"];
    if (error instanceof SluiceError && codes.includes(error.code)) return [];
    throw error;
  }
}

async function receipts(
  runner: Runner,
  job: SubmittedJob,
  parts: readonly Part[],
  restarts: ReadonlyMap<string, number> | undefined,
  signal: AbortSignal,
): Promise<readonly JobObservation[]> {
  // One look at the folder: an array may have thousands of tasks that left nothing.
  const names = new Set(await runner.listDirectory(job.directory, signal));
  const cancelAsked = names.has(cancelName);
  const known: JobObservation[] = [];
  for (const { nativeId, task } of parts) {
    const receipt = names.has(taskFile("exit", task)) ? await readReceipt(runner, job, task, signal) : undefined;
    const isOfLastRun = receipt !== undefined && receipt.restarts >= (restarts?.get(nativeId) ?? 0);
    if (isOfLastRun) known.push(observeReceipt(nativeId, receipt, cancelAsked));
    else if (cancelAsked) known.push({ nativeId, state: "cancelled", rawState: "", reason: "CancelRequested" });
  }
  return known;
}

function observeAccounted(entry: AccountedJob): JobObservation {
  const state = toJobState(entry.state, entry.reason);
  return {
    nativeId: entry.nativeId,
    state,
    rawState: entry.cancelledBy === undefined ? entry.state : `${entry.state} by ${entry.cancelledBy}`,
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
