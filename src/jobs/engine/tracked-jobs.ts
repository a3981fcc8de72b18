import { finalStates, type JobObservation } from "../../schema/job.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { JobStore } from "../store.ts";

/** A job that its cluster has and has not ended, with what was last seen of it. */
export interface TrackedJob {
  job: StoredJob;
  /** By native id: the job itself, or the tasks and components that have been seen. */
  readonly seen: Map<string, JobObservation>;
  /** In milliseconds of the clock: not to be asked after one by one before then, and how long to wait after that. */
  settleAt: number;
  settleWaitMs: number;
  /** When its end was last asked for. */
  cancelSentAt?: number;
}

/**
 * The jobs of one cluster that its poller follows. Only the holder of the cluster's lease changes them, so they are read
 * from the store once and kept up to date from what the holder itself writes.
 */
export class TrackedJobs {
  readonly #jobs = new Map<string, TrackedJob>();

  static async load(store: JobStore, cluster: string): Promise<TrackedJobs> {
    const tracked = new TrackedJobs();
    for (const job of await store.active(cluster)) {
      const entry = tracked.put(job);
      if (job.tasks === undefined || entry === undefined) continue;
      // What was known of tasks that have ended may be all that is known: the scheduler forgets them one by one.
      for (const { jobId: _jobId, updatedAt: _updatedAt, ...task } of await store.tasksOf(job.id)) {
        entry.seen.set(task.nativeId, task);
      }
    }
    return tracked;
  }

  /** Notes how a job stands now, and follows it until it has ended. */
  put(job: StoredJob): TrackedJob | undefined {
    if (finalStates.has(job.state) || job.nativeId === undefined) {
      this.#jobs.delete(job.id);
      return undefined;
    }
    const known = this.#jobs.get(job.id);
    if (known !== undefined) {
      known.job = job;
      return known;
    }
    const entry: TrackedJob = { job, seen: new Map(), settleAt: 0, settleWaitMs: 1_000 };
    this.#jobs.set(job.id, entry);
    return entry;
  }

  get(jobId: string): TrackedJob | undefined {
    return this.#jobs.get(jobId);
  }

  get size(): number {
    return this.#jobs.size;
  }

  all(): readonly TrackedJob[] {
    return [...this.#jobs.values()];
  }
}
