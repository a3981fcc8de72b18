import { activeStates } from "../../schema/job-transitions.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { JobSighting, JobStore, Lease } from "../store.ts";
import { acquireLease, type LeaseDeps } from "./acquire-lease.ts";

/** Why a job has ended whose cluster is gone for good: nobody can say any more. */
export const clusterGone = "ClusterGone";

/** Jobs that wait, of which each may have a script of 4 MiB, that are in memory together. */
const jobsAtOnce = 200;

/** Nobody can say how the jobs of a cluster are that has stopped, or that is not known here any more. */
export async function markJobsStale(deps: LeaseDeps, cluster: string): Promise<void> {
  const lease = await acquireLease(deps, cluster);
  // Another process has it, which knows more.
  if (lease === undefined) return;
  try {
    await deps.store.markFreshness("stale", lease);
  } finally {
    await deps.store.releaseLease(lease);
  }
}

/**
 * Ends the jobs of an earlier cluster of the same name, which is gone with its scheduler, its nodes and all that it knew of
 * them. Those that had not got there are rejected: they were not meant for the cluster that has the name now.
 */
export async function endJobsBefore(store: JobStore, lease: Lease, since: string): Promise<void> {
  const { cluster } = lease;
  const error = {
    code: "CLUSTER_NOT_FOUND",
    message: `the test cluster "${cluster}" that it was for is gone; the one of that name was made later`,
  };
  for (const state of ["accepted", "submitting"] as const) {
    // They come with their scripts, and the oldest come first.
    for (;;) {
      const waiting = await store.undispatched(cluster, { state, limit: jobsAtOnce });
      const early = waiting.map(({ job }) => job).filter((job) => isBefore(job, since));
      if (early.length === 0) break;
      await store.moveAll(
        early.map(({ id, version }) => ({ jobId: id, version, to: "rejected", error, fence: lease }) as const),
      );
    }
  }
  const early = (await store.active(cluster)).filter((job) => isBefore(job, since));
  if (early.length > 0) await store.applySightings(await Promise.all(early.map((job) => lastSight(store, job))), lease);
}

/** Whether a job was accepted before that time. Both are ISO 8601 in UTC, of the same machine's clock. */
export function isBefore({ acceptedAt }: Pick<StoredJob, "acceptedAt">, since: string | undefined): boolean {
  return since !== undefined && Date.parse(acceptedAt) < Date.parse(since);
}

async function lastSight(store: JobStore, job: StoredJob): Promise<JobSighting> {
  const end = ({ startedAt }: { readonly startedAt?: string | undefined }) =>
    ({ state: startedAt === undefined ? "cancelled" : "node_fail", rawState: "", reason: clusterGone }) as const;
  const active: ReadonlySet<string> = new Set(activeStates);
  const tasks = (await store.tasksOf(job.id)).filter(({ state }) => active.has(state));
  return {
    jobId: job.id,
    job: end(job),
    ...(tasks.length > 0 && { tasks: tasks.map((task) => ({ nativeId: task.nativeId, ...end(task) })) }),
  };
}
