import { randomUUID } from "node:crypto";
import type { SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import type { JobObservation } from "../../schema/job.ts";
import { squeue } from "../../slurm/commands/squeue.ts";
import { taskFile } from "./job-folder.ts";
import { isRowOf } from "./private-jobs.ts";
import { wrapperName } from "./wrapper.ts";

/** A task of an array. */
export interface Task {
  readonly nativeId: string;
  readonly task: number;
}

/** An array, with those of its tasks of which no end is known. */
export interface UntoldTasks {
  readonly job: SubmittedJob;
  readonly tasks: readonly Task[];
  /** Whether accounting knows the array, and that all it knows of it has ended. */
  readonly isOver: boolean;
}

/**
 * Tasks that were cancelled as they waited for their turn, by Sluice's id of their array. Neither slurmctld nor its accounting
 * keeps a record of such a task. It is known by what there is: the array is listed, or is over, the task is not among what is
 * listed, and its script has not begun.
 */
export async function removedTasks(
  runner: Runner,
  arrays: readonly UntoldTasks[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly JobObservation[]>> {
  const removed = new Map<string, readonly JobObservation[]>();
  if (arrays.length === 0) return removed;
  const jobs = arrays.map(({ job }) => job.nativeId);
  const question = squeue({ boundary: randomUUID(), jobs, eachTask: true, everyPartition: true });
  const rows = await runner.run(question, { signal });
  for (const { job, tasks, isOver } of arrays) {
    const listed = new Set(rows.filter((row) => isRowOf(row, job)).map(({ nativeId }) => nativeId));
    const unlisted = tasks.filter(({ nativeId }) => !listed.has(nativeId));
    if (unlisted.length === 0 || (listed.size === 0 && !isOver)) continue;
    // Looked at after the list was: what began before that has left its mark.
    const names = new Set(await runner.listDirectory(job.directory, signal));
    // A folder that is gone tells nothing.
    if (!names.has(wrapperName)) continue;
    const unbegun = unlisted.filter(({ task }) => !names.has(taskFile("start", task)));
    removed.set(
      job.jobId,
      unbegun.map(({ nativeId }) => ({ nativeId, state: "cancelled", rawState: "", reason: "NeverBegan" })),
    );
  }
  return removed;
}
