import type { Job as JobRecord } from "../schema/api-job.ts";
import type { ExitStatus, JobState } from "../schema/job.ts";
import type { Freshness, StoredTask } from "../schema/stored-job.ts";

/** A job, or a task of an array, as it stood when its cluster was last asked. Times are ISO 8601 in UTC. */
export interface JobStatus {
  readonly state: JobState;
  /** The scheduler's own word for the state, and its reason, untouched. */
  readonly rawState?: string | undefined;
  readonly reason?: string | undefined;
  readonly nativeId?: string | undefined;
  readonly exit?: ExitStatus | undefined;
  /** A hostlist. */
  readonly nodes?: string | undefined;
  readonly partition?: string | undefined;
  readonly submittedAt?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly endedAt?: string | undefined;
  /** How often the scheduler has put it back into the queue. */
  readonly restarts: number;
  /** What the state is worth: known now, not known for the moment, or not ours to see. */
  readonly freshness: Freshness;
}

/** As a job's record says it. */
export function statusOf(record: JobRecord): JobStatus {
  const { state, rawState, reason, nativeId, exit, nodes, partition, restarts, freshness } = record;
  const { submittedAt, startedAt, endedAt } = record;
  const place = { nativeId, exit, nodes, partition };
  return { state, rawState, reason, ...place, submittedAt, startedAt, endedAt, restarts, freshness };
}

/** As the record of one task of an array says it; one that has not been seen yet is as its array is. */
export function statusOfTask(record: JobRecord, number: number, task: StoredTask | undefined): JobStatus {
  const nativeId = record.nativeId === undefined ? undefined : `${record.nativeId}_${number}`;
  if (task === undefined) return { ...statusOf(record), nativeId, exit: undefined, nodes: undefined };
  const { jobId: _, updatedAt: __, ...known } = task;
  return { ...known, freshness: record.freshness };
}

/** Slurm's word for a job that waits for what cannot happen any more: squeue(1), JOB REASON CODES. */
const neverReason = "DependencyNeverSatisfied";

/**
 * Whether a job can never start, or was ended for that: what it waits for ended in another way than asked. Slurm leaves such
 * a job pending for ever unless `--kill-on-invalid-dep` or its site says otherwise (sbatch(1)).
 */
export function canNeverStart({ state, reason }: Pick<JobStatus, "state" | "reason">): boolean {
  if (reason !== neverReason) return false;
  return state === "pending" || state === "held" || state === "cancelled";
}
