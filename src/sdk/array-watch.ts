import type { JobEvent } from "../client/client.ts";
import { systemClock } from "../jobs/clock.ts";
import type { Job as JobRecord } from "../schema/api-job.ts";
import { isFinal } from "../schema/job-transitions.ts";
import type { Backend } from "./backend.ts";
import { canNeverStart, statusOf, statusOfTask, type JobStatus } from "./job-status.ts";
import type { SignalOption, TaskOfArray } from "./job.ts";

/** How often an array that is waited for is looked at, though no event came. */
const lookEveryMs = 5_000;

interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The tasks of one array, followed once however many are waited for, and only while some are. */
export class ArrayWatch {
  readonly #backend: Backend;
  readonly #tasks: readonly number[];
  readonly #statuses = new Map<number, JobStatus>();
  readonly #waiters = new Set<Waiter>();
  #record: JobRecord;
  #following: AbortController | undefined;

  constructor(backend: Backend, record: JobRecord, tasks: readonly number[]) {
    this.#backend = backend;
    this.#record = record;
    this.#tasks = tasks;
  }

  get record(): JobRecord {
    return this.#record;
  }

  /** One task as a `Job` sees it. */
  task(number: number): TaskOfArray {
    return {
      number,
      status: () => this.#statusOf(number),
      refresh: async (options) => {
        await this.refresh(options);
        return this.#statusOf(number);
      },
      end: async (signal) => {
        await this.until(() => this.#isOver(number), signal);
        return this.#statusOf(number);
      },
    };
  }

  /** Asks the cluster for all tasks. */
  async refresh({ signal }: SignalOption = {}): Promise<void> {
    const { id } = this.#record;
    const [record, tasks] = await Promise.all([this.#backend.job(id, { signal }), this.#backend.tasks(id, { signal })]);
    this.#record = record;
    const seen = new Map(tasks.map((task) => [numberOf(task.nativeId), task]));
    for (const number of this.#tasks) {
      const task = seen.get(number);
      // Of a task that nobody has seen by the end of all, the end of the array is all that is known.
      if (task !== undefined || isFinal(record.state)) this.#note(number, statusOfTask(record, number, task));
    }
  }

  /** Resolves once it is so; looks anew whenever a task is over. */
  async until(isDone: () => boolean, signal: AbortSignal): Promise<void> {
    if (isDone()) return;
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => waiter.reject(signal.reason);
      const leave = (): void => {
        signal.removeEventListener("abort", stop);
        this.#waiters.delete(waiter);
        if (this.#waiters.size === 0) this.#following?.abort();
      };
      const waiter: Waiter = {
        isDone,
        resolve: () => (leave(), resolve()),
        reject: (error) => (leave(), reject(error)),
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      this.#waiters.add(waiter);
      if (this.#following === undefined || this.#following.signal.aborted) this.#start();
    });
  }

  #start(): void {
    const following = new AbortController();
    this.#following = following;
    this.#follow(following.signal).catch((error: unknown) => {
      if (following.signal.aborted) return;
      following.abort();
      for (const waiter of this.#waiters) waiter.reject(error);
    });
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const events = this.#backend.events({ job: this.#record.id }, { signal })[Symbol.asyncIterator]();
    const next = (): Promise<IteratorResult<JobEvent, unknown>> => events.next();
    let event = next();
    // Whoever stops following leaves it unheard.
    event.catch(() => {});
    await this.refresh({ signal });
    this.#tell();
    while (!signal.aborted) {
      const look = new AbortController();
      const later = systemClock.sleep(lookEveryMs, AbortSignal.any([look.signal, signal]));
      const news = await Promise.race([event, later]).finally(() => look.abort());
      if (signal.aborted) return;
      if (news === undefined || news.done === true || !this.#hear(news.value)) {
        await this.refresh({ signal });
        this.#tell();
      }
      if (news === undefined) continue;
      // A stream that ended though nobody has stopped it is looked after by time alone.
      event = news.done === true ? new Promise(() => {}) : next();
      event.catch(() => {});
    }
  }

  /** Notes what an event tells; says whether that was all there is to know. */
  #hear(event: JobEvent): boolean {
    if (event.type === "task") {
      const number = numberOf(event.data.nativeId);
      if (number === undefined) return true;
      this.#note(number, { ...event.data, freshness: this.#record.freshness });
      // Of each task several things happen before its end, and there may be as many waiters as tasks.
      if (this.#isOver(number)) this.#tell();
      return true;
    }
    return event.type !== "missed" && event.type !== "state" && event.type !== "rejected";
  }

  /** An end is undone by a requeue alone; an event may be older than what was read since. */
  #note(number: number, status: JobStatus): void {
    const known = this.#statuses.get(number);
    if (known !== undefined && isFinal(known.state) && !isFinal(status.state) && status.restarts <= known.restarts)
      return;
    this.#statuses.set(number, status);
  }

  #tell(): void {
    for (const waiter of this.#waiters) if (waiter.isDone()) waiter.resolve();
  }

  #statusOf(number: number): JobStatus {
    const known = this.#statuses.get(number);
    if (known !== undefined) return known;
    const asArray = statusOfTask(this.#record, number, undefined);
    // That the array has ended does not say how this one has.
    return isFinal(asArray.state) ? { ...asArray, state: "completing" } : asArray;
  }

  #isOver(number: number): boolean {
    const status = this.#statusOf(number);
    return isFinal(status.state) || canNeverStart(status) || canNeverStart(statusOf(this.#record));
  }
}

/** `4` of `123_4`. */
function numberOf(nativeId: string): number | undefined {
  const digits = /_(\d+)$/.exec(nativeId)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
