import type { SubmittedJob } from "../cluster.ts";
import type { OwnedCluster } from "./owned-cluster.ts";

/** Writes down what the scheduler has taken; jobs that are taken while one write is under way share the next. */
export class SubmittedRecorder {
  readonly #own: OwnedCluster;
  #pending: SubmittedJob[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(own: OwnedCluster) {
    this.#own = own;
  }

  /** Resolves when the job has been written down. */
  add(job: SubmittedJob): Promise<void> {
    this.#pending.push(job);
    const before = this.#writing;
    this.#writing = (async () => {
      await before;
      await this.#write();
    })();
    this.#writing.catch(() => {});
    return this.#writing;
  }

  /** Resolves when all that was added has been written down. Throws what the store threw. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    const jobs = this.#pending;
    this.#pending = [];
    if (jobs.length === 0) return;
    const { store, fence, steps, tracked, pollBell } = this.#own;
    const recorded = await store.recordSubmitted(
      jobs.map(({ jobId, nativeId, directory, tasks }) => ({
        jobId,
        nativeId,
        directory,
        ...(tasks !== undefined && { tasks }),
      })),
      fence,
    );
    steps.reached("submitted-stored");
    for (const job of recorded) if (job !== undefined) tracked.put(job);
    pollBell.ring();
  }
}
