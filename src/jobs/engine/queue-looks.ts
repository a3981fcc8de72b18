import type { QueueEntry } from "../cluster.ts";
import { toSubmitted, type OwnedCluster } from "./owned-cluster.ts";
import type { TrackedJob } from "./tracked-jobs.ts";

/** What of an owned cluster is needed to look at its queue. */
export interface Queued extends Pick<OwnedCluster, "cluster" | "pace" | "urgent"> {
  readonly clock: Pick<OwnedCluster["clock"], "now">;
}

export interface QueueLook {
  readonly rows: readonly QueueEntry[];
  /** Whether the rows are all that there are; else they are those of the one job that is followed. */
  readonly isWhole: boolean;
}

/** Looks at the whole queue of a cluster, and between them, where one job alone is followed, at the rows of that job. */
export class QueueLooks {
  readonly #own: Queued;
  /** In milliseconds of the clock: until when the last whole look counts. */
  #wholeUntil = -Infinity;

  constructor(own: Queued) {
    this.#own = own;
  }

  /** `whole` for who wants to know of other jobs too. Throws as `Cluster.queue`. */
  async take(followed: readonly TrackedJob[], { whole }: { readonly whole: boolean }): Promise<QueueLook> {
    const { cluster, clock, pace, urgent } = this.#own;
    const [only, ...others] = followed;
    const job = only === undefined || others.length > 0 ? undefined : toSubmitted(only.job);
    if (!whole && job !== undefined && cluster.queueOf !== undefined && clock.now() < this.#wholeUntil) {
      const rows = await cluster.queueOf(job.nativeId, urgent);
      // What is not shown may have been forgotten, or has another number: the whole tells.
      if (rows.some(({ jobId }) => jobId === job.jobId)) return { rows, isWhole: false };
    }
    const began = clock.now();
    const rows = await cluster.queue(urgent);
    const ended = clock.now();
    if (pace.whole !== undefined) this.#wholeUntil = ended + Math.max(pace.whole, (ended - began) / pace.share);
    return { rows, isWhole: true };
  }
}
