import { SluiceError } from "../../errors.ts";
import { finalStates } from "../../schema/job.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { QueueEntry, SubmittedJob } from "../cluster.ts";
import type { JobAction, JobChange } from "../job-service.ts";
import type { ClusterLoop } from "./cluster-loop.ts";
import type { ServiceDeps } from "./engine.ts";
import { toSubmitted } from "./owned-cluster.ts";
import { isTakenOver, requireOwnNumber } from "./taken-over.ts";
import type { OfUser } from "./users-cluster.ts";

/** Whoever acts on a job sees what came of it, if the cluster shows that within this time. */
const answerWithinMs = 3_000;

/** Cancels, holds, releases or requeues. Throws `ACTION_REFUSED` with the scheduler's own words. */
export async function actOn(
  deps: ServiceDeps,
  job: StoredJob,
  action: JobAction,
  signal: AbortSignal,
): Promise<StoredJob> {
  if (action === "cancel") return cancel(deps, job, signal);
  if (action === "forget") return forget(deps, job, signal);
  const submitted = requireSubmitted(job, action);
  const loop = await deps.loops.ofJob(job);
  requireOwnNumber(job, await queueOf(loop, signal));
  // Whoever follows the job would end it again, as was asked for before its first end.
  if (action === "requeue") await deps.store.withdrawCancel(job.id);
  await (await loop.cluster(signal)).control(submitted, action, signal);
  return asSeen(deps, job, signal);
}

export async function signalJob(deps: ServiceDeps, job: StoredJob, name: string, signal: AbortSignal): Promise<void> {
  const submitted = requireSubmitted(job, "signal");
  const loop = await deps.loops.ofJob(job);
  requireOwnNumber(job, await queueOf(loop, signal));
  await (await loop.cluster(signal)).signalJob(submitted, name, signal);
}

export async function changeJob(
  deps: ServiceDeps,
  job: StoredJob,
  change: JobChange,
  signal: AbortSignal,
): Promise<StoredJob> {
  if (Object.values(change).every((value) => value === undefined)) {
    throw new SluiceError("INPUT_INVALID", "nothing to change; give timeLimit or priority");
  }
  const submitted = requireSubmitted(job, "change");
  const loop = await deps.loops.ofJob(job);
  requireOwnNumber(job, await queueOf(loop, signal));
  await (await loop.cluster(signal)).change(submitted, change, signal);
  return asSeen(deps, job, signal);
}

/** The wish is stored first, so that it outlives this process and a cluster that does not answer. */
async function cancel(deps: ServiceDeps, job: StoredJob, signal: AbortSignal): Promise<StoredJob> {
  const { store, steps } = deps;
  const wanted = (await store.requestCancel(job.id)) ?? job;
  steps.reached("cancel-stored");
  const submitted = toSubmitted(wanted);
  if (finalStates.has(wanted.state) || submitted === undefined) return wanted;
  const loop = await deps.loops.ofJob(job);
  if (isTakenOver(wanted, await queueOf(loop, signal))) return asSeen(deps, wanted, signal);
  try {
    await (await loop.cluster(signal)).cancel(submitted, signal);
  } catch (error) {
    const codes: readonly string[] = ["CLUSTER_UNREACHABLE", "CLUSTER_NOT_RUNNING", "DEADLINE_EXCEEDED"];
    // Whoever holds the cluster's lease tries again until it has come through.
    if (error instanceof SluiceError && codes.includes(error.code)) return wanted;
    throw error;
  }
  steps.reached("cancel-sent");
  return asSeen(deps, wanted, signal);
}

/** Removes the job's own folder; what is known of the job stays in the store. */
async function forget(deps: ServiceDeps, job: StoredJob, signal: AbortSignal): Promise<StoredJob> {
  if (!finalStates.has(job.state)) {
    throw new SluiceError("ACTION_REFUSED", `forget: job ${job.id} is ${job.state}; cancel it first`, {
      details: { jobId: job.id, state: job.state },
    });
  }
  const submitted = toSubmitted(job);
  if (submitted !== undefined) await (await (await deps.loops.ofJob(job)).cluster(signal)).forget(submitted, signal);
  return job;
}

function requireSubmitted(job: StoredJob, what: string): OfUser<SubmittedJob> {
  const submitted = toSubmitted(job);
  if (submitted !== undefined) return submitted;
  const why = finalStates.has(job.state) ? `is ${job.state}` : `is ${job.state}, its cluster does not have it yet`;
  throw new SluiceError("ACTION_REFUSED", `${what}: job ${job.id} ${why}; only a job that its cluster has takes this`, {
    details: { jobId: job.id, state: job.state },
  });
}

/** What there is in memory; a cluster that does not answer is heard of by whatever is asked of it next. */
async function queueOf(loop: ClusterLoop, signal: AbortSignal): Promise<readonly QueueEntry[]> {
  return loop.queue(signal).catch(() => []);
}

/** The job after the next look at its cluster's queue. */
async function asSeen({ store, loops, clock }: ServiceDeps, job: StoredJob, signal: AbortSignal): Promise<StoredJob> {
  const waited = new AbortController();
  const sleep = clock.sleep(answerWithinMs, AbortSignal.any([signal, waited.signal]));
  await Promise.race([loops.known(job.cluster)?.nextLook(), sleep]);
  waited.abort();
  return (await store.get(job.id)) ?? job;
}
