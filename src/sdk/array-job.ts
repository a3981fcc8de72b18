import type { Job as JobRecord } from "../schema/api-job.ts";
import type { JobState } from "../schema/job.ts";
import { ArrayWatch } from "./array-watch.ts";
import type { Backend } from "./backend.ts";
import { isEnd, Job, type SignalOption } from "./job.ts";
import type { ReadValue } from "./read-value.ts";
import { jobMarker, type JobMark } from "./values/job-marker.ts";
import { WaitDeadline, type WaitOptions } from "./wait-deadline.ts";

/** What an array is made of; `cluster.map` makes them. */
export interface ArrayParts<T> {
  readonly backend: Backend;
  readonly record: JobRecord;
  /** The numbers of its tasks, ascending. */
  readonly tasks: readonly number[];
  readonly script: string;
  readonly readValue: ReadValue<T>;
}

/**
 * One array, a task for each item, in the order of the items. Among the arguments of another task it stands for the list of
 * its values.
 *
 * ```ts
 * const runs = await cluster.map(train, [0.1, 0.2, 0.4], { maxConcurrent: 2 });
 * for await (const run of runs) console.log(run.task, await run.result());
 * const losses = await runs.results();
 * ```
 */
export class ArrayJob<T = unknown> implements Iterable<Job<T>>, AsyncIterable<Job<T>> {
  /** Sluice's own id; empty for an array of no items, which no cluster has. */
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
  /** The script that its cluster was given. */
  readonly script: string;
  readonly [jobMarker]: JobMark;
  readonly #backend: Backend | undefined;
  readonly #watch: ArrayWatch | undefined;
  readonly #jobs: readonly Job<T>[];

  /**
   * @param parts none for an array of no items
   * @internal
   */
  constructor(parts?: ArrayParts<T>) {
    const { backend, record, script = "" } = parts ?? {};
    this.id = record?.id ?? "";
    this.name = record?.name ?? "";
    this.cluster = record?.cluster ?? "";
    this.script = script;
    this[jobMarker] = { id: this.id, tasks: parts?.tasks ?? [] };
    this.#backend = backend;
    this.#watch = parts && new ArrayWatch(parts.backend, parts.record, parts.tasks);
    this.#jobs = parts === undefined ? [] : parts.tasks.map((task) => this.#taskOf(parts, task));
  }

  get length(): number {
    return this.#jobs.length;
  }

  /** The scheduler's own id of the whole: `123`. */
  get nativeId(): string | undefined {
    return this.#watch?.record.nativeId;
  }

  /** Of the whole, as it was last seen: of one that has ended the worst end of its tasks. */
  get state(): JobState {
    return this.#watch?.record.state ?? "completed";
  }

  get directory(): string | undefined {
    return this.#watch?.record.directory;
  }

  /** The task of one item; negative numbers count from the end. */
  at(index: number): Job<T> | undefined {
    return this.#jobs.at(index);
  }

  /** Its tasks, in the order of the items. */
  [Symbol.iterator](): IterableIterator<Job<T>> {
    return this.#jobs[Symbol.iterator]();
  }

  /** Its tasks, each when it has ended. */
  [Symbol.asyncIterator](): AsyncGenerator<Job<T>> {
    return this.completed();
  }

  /** Its tasks, each when it has ended, however. */
  async *completed(options: WaitOptions = {}): AsyncGenerator<Job<T>> {
    using deadline = new WaitDeadline(options);
    const open = new Set(this.#jobs);
    while (open.size > 0) {
      const ended = (): Job<T>[] => [...open].filter((job) => isOver(job));
      try {
        await this.#watch?.until(() => ended().length > 0, deadline.signal);
      } catch (error) {
        throw this.#explain(deadline, error);
      }
      for (const job of ended().toSorted(byEnd)) {
        open.delete(job);
        yield job;
      }
    }
  }

  /** The values of all tasks, in the order of the items. Rejects as `wait` of the first task that fails. */
  async results(options: WaitOptions = {}): Promise<T[]> {
    using deadline = new WaitDeadline(options);
    const stop = new AbortController();
    const signal = AbortSignal.any([deadline.signal, stop.signal]);
    try {
      return await Promise.all(this.#jobs.map((job) => job.wait({ signal })));
    } catch (error) {
      throw this.#explain(deadline, error);
    } finally {
      stop.abort();
    }
  }

  /** How each task ended, in the order of the items: its value or its error. Rejects where it cannot be told in time. */
  async settled(options: WaitOptions = {}): Promise<PromiseSettledResult<T>[]> {
    using deadline = new WaitDeadline(options);
    try {
      await this.#watch?.until(() => this.#jobs.every((job) => isOver(job)), deadline.signal);
    } catch (error) {
      throw this.#explain(deadline, error);
    }
    return Promise.allSettled(this.#jobs.map((job) => job.wait({ signal: deadline.signal })));
  }

  /** The state of each task now, in the order of the items. */
  async states(options: SignalOption = {}): Promise<readonly JobState[]> {
    await this.#watch?.refresh(options);
    return this.#jobs.map(({ state }) => state);
  }

  /** Asks for the end of all tasks that have not ended. */
  async cancel({ signal }: SignalOption = {}): Promise<void> {
    await this.#backend?.cancel(this.id, { signal });
  }

  #taskOf({ backend, record, script, readValue }: ArrayParts<T>, number: number): Job<T> {
    const task = this.#watch?.task(number);
    return new Job({ backend, record, script, readValue, ...(task !== undefined && { task }) });
  }

  #explain(deadline: WaitDeadline, error: unknown): unknown {
    const ended = this.#jobs.filter((job) => isOver(job)).length;
    const what = `array "${this.name}" (${this.nativeId ?? this.id}) has not ended`;
    return deadline.explain(error, what, `${ended} of its ${this.length} tasks have, and the others go on`);
  }
}

function isOver(job: Job): boolean {
  return isEnd(job.lastStatus);
}

function byEnd(one: Job, other: Job): number {
  const [first = "", second = ""] = [one.lastStatus.endedAt, other.lastStatus.endedAt];
  return first < second ? -1 : first > second ? 1 : (one.task ?? 0) - (other.task ?? 0);
}
