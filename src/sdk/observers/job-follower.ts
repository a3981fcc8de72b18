import type { JobEvent } from "../../client/client.ts";
import type { Job as JobRecord } from "../../schema/api-job.ts";
import { isFinal } from "../../schema/job-transitions.ts";
import type { Backend } from "../backend.ts";
import { statusOf } from "../job-status.ts";
import { tell, type ObservedJob, type Observer } from "./observer.ts";

/** A job of which observers are told. */
export interface FollowedJob {
  readonly record: JobRecord;
  /** Id of the task function; absent for scripts. */
  readonly task: string | undefined;
}

/**
 * Tells observers what becomes of jobs, by one stream of events however many they are. It runs while there are such jobs, and
 * only where an observer wants to hear of states or ends.
 */
export class JobFollower implements AsyncDisposable {
  readonly #backend: Pick<Backend, "events" | "job">;
  readonly #observers: () => readonly Observer[];
  readonly #jobs = new Map<string, FollowedJob>();
  #stop: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(backend: Pick<Backend, "events" | "job">, observers: () => readonly Observer[]) {
    this.#backend = backend;
    this.#observers = observers;
  }

  follow(job: FollowedJob): void {
    const isWanted = this.#observers().some((observer) => "onStatus" in observer || "onCompleted" in observer);
    if (!isWanted) return;
    this.#jobs.set(job.record.id, job);
    if (this.#stop === undefined) {
      const stop = new AbortController();
      this.#stop = stop;
      // Observers never fail a job, nor a program.
      this.#running = this.#run(stop.signal).catch(() => {});
    } else void this.#look(job.record.id, this.#stop.signal).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#jobs.clear();
    this.#stop?.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      // What happens before the stream begins is read from the jobs; what is told twice is noticed.
      const events = this.#backend.events({}, { signal })[Symbol.asyncIterator]();
      let next = events.next();
      for (const id of this.#jobs.keys()) await this.#look(id, signal);
      while (this.#jobs.size > 0) {
        const { done, value } = await next;
        if (done === true) return;
        next = events.next();
        await this.#hear(value, signal);
      }
      next.catch(() => {});
    } finally {
      this.#stop?.abort();
      this.#stop = undefined;
    }
  }

  async #hear(event: JobEvent, signal: AbortSignal): Promise<void> {
    if (event.type === "missed") {
      for (const id of this.#jobs.keys()) await this.#look(id, signal);
    } else if (event.type === "state") await this.#look(event.jobId, signal);
    else if (event.type === "task") {
      const job = this.#jobs.get(event.jobId);
      const index = /_(\d+)$/.exec(event.data.nativeId)?.[1];
      if (job === undefined || index === undefined) return;
      const status = { ...event.data, freshness: "fresh" } as const;
      tell(this.#observers(), "onStatus", { ...observed(job), status, index: Number(index) });
    }
  }

  /** Tells what is new of a job. */
  async #look(id: string, signal: AbortSignal): Promise<void> {
    const known = this.#jobs.get(id);
    if (known === undefined) return;
    const record = await this.#backend.job(id, { signal });
    // Somebody else may have looked meanwhile.
    const last = this.#jobs.get(id);
    if (last === undefined || record.version < last.record.version) return;
    const job = { ...known, record };
    const isOver = isFinal(record.state);
    if (isOver) this.#jobs.delete(id);
    else this.#jobs.set(id, job);
    const event = { ...observed(job), status: statusOf(record) };
    if (last === known && known.record.version === record.version && !isOver) return;
    tell(this.#observers(), "onStatus", event);
    if (isOver) tell(this.#observers(), "onCompleted", event);
  }
}

function observed({ record, task }: FollowedJob): ObservedJob {
  const { id: jobId, nativeId, name, cluster } = record;
  return { at: Date.now(), jobId, nativeId, name, cluster, task };
}
