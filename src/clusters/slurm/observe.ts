import { randomUUID } from "node:crypto";
import type { SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import type { JobObservation } from "../../schema/job.ts";
import { squeue } from "../../slurm/commands/squeue.ts";
import { observeQueued } from "./queue.ts";
import { settleJobs } from "./settle.ts";

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
  // A job is itself or one of its tasks; a heterogeneous job is shown as its components, `12+0` and so on.
  const isListed = (nativeId: string): boolean => seen.has(nativeId) || seen.has(`${nativeId}+0`);
  const settled = await settleJobs(runner, [job], isListed, signal);
  return [...seen.values(), ...(settled.get(job.jobId) ?? [])];
}
