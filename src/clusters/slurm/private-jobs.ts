import { randomUUID } from "node:crypto";
import type { Settlement, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { ownsScript } from "../../slurm/commands/scontrol-write-script.ts";
import { squeue, type QueuedJob } from "../../slurm/commands/squeue.ts";
import { observeQueued } from "./queue.ts";

/** Jobs that are asked after one by one in one go; the others have their turn later. */
const probesAtOnce = 20;

/**
 * What is known of jobs that the queue did not show, where slurmctld keeps jobs from all but their owners, coordinators and
 * operators (slurm.conf(5), PrivateData). Whoever asks here may be one of those, though whoever read the queue was not. Else
 * slurmctld still tells a job that it refuses to show from one that it does not have. Jobs that are left out it does not have.
 */
export async function askPrivately(
  runner: Runner,
  jobs: readonly SubmittedJob[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Settlement>> {
  const ids = jobs.map(({ nativeId }) => nativeId);
  const rows = await runner.run(squeue({ boundary: randomUUID(), jobs: ids, eachTask: true, everyPartition: true }), {
    signal,
  });
  const found = new Map<string, Settlement>();
  const unseen: SubmittedJob[] = [];
  for (const job of jobs) {
    const own = rows.filter((row) => isRowOf(row, job));
    if (own.length > 0) found.set(job.jobId, { known: own.map(observeQueued) });
    else unseen.push(job);
  }
  await Promise.all(
    unseen.slice(0, probesAtOnce).map(async (job) => {
      const refused = !(await runner.run(ownsScript(job.nativeId), { signal }));
      if (refused) found.set(job.jobId, { hidden: true });
    }),
  );
  return found;
}

/** Whether a row of squeue is of this job: its number may be another's by now, its folder is not. */
export function isRowOf({ command, workDirectory = "", nativeId }: QueuedJob, job: SubmittedJob): boolean {
  const [number] = nativeId.split(/[_+]/);
  return number === job.nativeId && (command ?? `${workDirectory}/`).startsWith(`${job.directory}/`);
}
