import { SluiceError } from "../../errors.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { QueueEntry } from "../cluster.ts";

/**
 * Whether the scheduler has given the job's number to another since: one that lost its state counts anew, and what is then
 * done to that number is done to somebody else's job.
 */
export function isTakenOver({ id, nativeId }: StoredJob, queue: readonly QueueEntry[]): boolean {
  const rows = queue.filter((row) => row.jobNativeId === nativeId);
  return rows.length > 0 && rows.every((row) => row.jobId !== id);
}

/** Throws `JOB_NOT_FOUND` for a job whose number is another's by now. */
export function requireOwnNumber(job: StoredJob, queue: readonly QueueEntry[]): void {
  if (!isTakenOver(job, queue)) return;
  throw new SluiceError(
    "JOB_NOT_FOUND",
    `job ${job.id}: its cluster has forgotten it and given its number ${job.nativeId} to another job, which is left alone`,
    { details: { jobId: job.id } },
  );
}
