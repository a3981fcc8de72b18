import type { JobEvent } from "../../client/client.ts";
import type { Job as JobRecord } from "../../schema/api-job.ts";
import { isFinal } from "../../schema/job-transitions.ts";
import type { Backend } from "../backend.ts";
import { statusOf, type JobStatus } from "../job-status.ts";
import { tell, type ObservedJob, type Observer } from "./observer.ts";

/** A job of which observers are told. */
export interface FollowedJob {
  readonly record: JobRecord;
  /** Id of the task function; absent for scripts. */
  readonly task: string | undefined;
}

interface Watched extends FollowedJob {
  /** What was told of it last. */
  readonly last?: JobStatus;
}

/**
 * Tells observers what becomes of jobs, by one stream of events however many they are. It runs while there are such jobs, and
 * only where an observer wants to hear of states or ends.
 */
export class JobFollower implements AsyncDisposable {
  readonly #backend: Pick<Backend, "events" | "job">;
  readonly #observers: () => readonly Observer[];
  readonly #jobs = new Map<string, Watched>();
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
      const events = this.#backend.events({}, { signal })[Symbol.asyncIterator]();
      let next = events.next();
      // What happened before the stream began is read from the jobs.
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
      return;
    }
    const job = this.#jobs.get(event.jobId);
    if (job === undefined) return;
    if (event.type === "state") {
      const { nativeId, submittedAt } = job.record;
      this.#note(job, { ...event.data, nativeId, submittedAt, freshness: "fresh" });
    } else if (event.type === "task") {
      const index = /_(\d+)$/.exec(event.data.nativeId)?.[1];
      const status = { ...event.data, freshness: "fresh" } as const;
      if (index !== undefined) tell(this.#observers(), "onStatus", { ...observed(job), status, index: Number(index) });
    }
  }

  async #look(id: string, signal: AbortSignal): Promise<void> {
    const record = await this.#backend.job(id, { signal });
    const job = this.#jobs.get(id);
    if (job !== undefined) this.#note({ ...job, record }, statusOf(record));
  }

  /** Tells what is new of a job. An event may be older than what was read since. */
  #note(job: Watched, status: JobStatus): void {
    const { last } = job;
    const { id } = job.record;
    if (last !== undefined && status.restarts <= last.restarts && phaseOf(status) < phaseOf(last)) return;
    const isOver = isFinal(status.state);
    if (isOver) this.#jobs.delete(id);
    else this.#jobs.set(id, { ...job, last: status });
    const event = { ...observed(job), status };
    if (isOver || last === undefined || isNews(status, last)) tell(this.#observers(), "onStatus", event);
    if (isOver) tell(this.#observers(), "onCompleted", event);
  }
}

/** Waits, runs, or has ended: nothing but a requeue leads back. */
function phaseOf({ state }: JobStatus): number {
  if (isFinal(state)) return 2;
  return state === "running" || state === "suspended" || state === "completing" ? 1 : 0;
}

function isNews(status: JobStatus, last: JobStatus): boolean {
  return (["state", "reason", "nodes", "restarts"] as const).some((fact) => status[fact] !== last[fact]);
}

function observed({ record, task }: FollowedJob): ObservedJob {
  const { id: jobId, nativeId, name, cluster } = record;
  return { at: Date.now(), jobId, nativeId, name, cluster, task };
}
