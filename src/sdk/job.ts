import type { Explanation, JobEvent } from "../client/client.ts";
import { SluiceError } from "../errors.ts";
import type { Job as JobRecord } from "../schema/api-job.ts";
import { isFinal } from "../schema/job-transitions.ts";
import type { JobState } from "../schema/job.ts";
import type { Backend } from "./backend.ts";
import { canNeverStart, statusOf, type JobStatus } from "./job-status.ts";
import { JobOutput, type OutputOptions } from "./job-output.ts";
import { jobMarker, type JobReference } from "./values/job-marker.ts";
import type { ReadValue } from "./read-value.ts";
import { WaitDeadline, type WaitOptions } from "./wait-deadline.ts";

/** One task of an array as its array knows it. */
export interface TaskOfArray {
  readonly number: number;
  /** As it was last seen. */
  status(): JobStatus;
  /** Asks its cluster. */
  refresh(options: SignalOption): Promise<JobStatus>;
  /** Resolves when it has ended, or can never start. */
  end(signal: AbortSignal): Promise<JobStatus>;
}

export interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}

/** What a job is made of; `cluster.submit`, `cluster.run` and `cluster.job` make them. */
export interface JobParts<T> {
  readonly backend: Backend;
  readonly record: JobRecord;
  /** The script that was submitted. */
  readonly script: string;
  readonly readValue: ReadValue<T>;
  readonly task?: TaskOfArray;
}

/**
 * A job, whose value is of type `T`. It stands for its value among the arguments of other tasks, however deep: they wait for
 * it, and get the value.
 *
 * ```ts
 * const job = await cluster.submit(train)("data.csv");
 * console.log(job.nativeId, await job.wait({ timeout: "10m" }));
 * ```
 */
export class Job<T = unknown> {
  /** Sluice's own id. */
  readonly id: string;
  /** The script that its cluster was given. */
  readonly script: string;
  /** The name of its cluster. */
  readonly cluster: string;
  readonly name: string;
  /** Its number, where it is a task of an array. */
  readonly task: number | undefined;
  readonly [jobMarker]: JobReference;
  readonly #backend: Backend;
  readonly #task: TaskOfArray | undefined;
  readonly #readValue: ReadValue<T>;
  readonly #output: JobOutput;
  #record: JobRecord;
  #value: Promise<T> | undefined;

  /** @internal */
  constructor({ backend, record, script, readValue, task }: JobParts<T>) {
    this.id = record.id;
    this.script = script;
    this.cluster = record.cluster;
    this.name = record.name;
    this.task = task?.number;
    this[jobMarker] = { id: record.id, ...(task !== undefined && { task: task.number }) };
    this.#backend = backend;
    this.#task = task;
    this.#readValue = readValue;
    this.#output = new JobOutput(backend, record.id, task?.number);
    this.#record = record;
  }

  /** The scheduler's own id: `123`, or `123_4` for a task of an array; `undefined` until it has one. */
  get nativeId(): string | undefined {
    return this.lastStatus.nativeId;
  }

  /** As it was last seen; `status()` asks. */
  get state(): JobState {
    return this.lastStatus.state;
  }

  /** The job's own folder on its cluster; `undefined` until its cluster has it. */
  get directory(): string | undefined {
    return this.#record.directory;
  }

  /** All that was last seen of it; `status()` asks. */
  get lastStatus(): JobStatus {
    return this.#task?.status() ?? statusOf(this.#record);
  }

  /** How it stands now. */
  async status({ signal }: SignalOption = {}): Promise<JobStatus> {
    if (this.#task !== undefined) return this.#task.refresh({ signal });
    this.#record = await this.#backend.job(this.id, { signal });
    return statusOf(this.#record);
  }

  /**
   * Waits for the job's end and gives its value. Rejects with `TaskError` where the function threw, with the class of
   * `JobEndError` that fits where the job ended in another way, with `DependencyNeverError` where it can never start, with
   * `RESULT_MISSING` where it ended well and left no value that can be found. After `timeout` it rejects with
   * `DEADLINE_EXCEEDED`, when the signal aborts with `CANCELLED`: then the job goes on.
   */
  async wait(options: WaitOptions = {}): Promise<T> {
    using deadline = new WaitDeadline(options);
    try {
      const status = await this.#end(deadline.signal);
      return await this.#valueOf(status, deadline.signal);
    } catch (error) {
      const goesOn = `the job goes on (${this.state}); wait() again, or cancel() it`;
      throw deadline.explain(error, `job ${this.#called()} has not ended`, goesOn);
    }
  }

  /** The value of a job that has ended, without waiting. Throws `ACTION_REFUSED` for one that has not, and as `wait`. */
  async result({ signal }: SignalOption = {}): Promise<T> {
    const status = isEnd(this.lastStatus) ? this.lastStatus : await this.status({ signal });
    if (isEnd(status)) return this.#valueOf(status, signal);
    throw new SluiceError(
      "ACTION_REFUSED",
      `job ${this.#called()} has not ended (${status.state}); wait() waits for it`,
      {
        details: { jobId: this.id },
      },
    );
  }

  /** Asks for its end; one that has ended already is no error. Throws `ACTION_REFUSED` for one task of an array. */
  async cancel({ signal }: SignalOption = {}): Promise<void> {
    if (this.task !== undefined) {
      throw new SluiceError(
        "CAPABILITY_MISSING",
        `task ${this.task} of job ${this.id} cannot be cancelled alone; cancel() the array`,
        { details: { jobId: this.id } },
      );
    }
    this.#record = await this.#backend.cancel(this.id, { signal });
  }

  /** What it has written to stdout so far, as UTF-8. */
  stdout(options: SignalOption = {}): Promise<string> {
    return this.#output.whole("stdout", options);
  }

  /** What it has written to stderr so far, as UTF-8. */
  stderr(options: SignalOption = {}): Promise<string> {
    return this.#output.whole("stderr", options);
  }

  /** Its output in pieces, as UTF-8; with `follow` until it has ended. */
  output(options: OutputOptions = {}): AsyncIterable<string> {
    return this.#output.pieces(options);
  }

  /** What happens to it, from its beginning or from an event on, until it has ended or the signal aborts. */
  async *events({ after = 0, signal }: SignalOption & { readonly after?: number } = {}): AsyncGenerator<JobEvent> {
    using stop = new Stop(signal);
    for await (const event of this.#backend.events({ job: this.id, after }, { signal: stop.signal })) {
      yield event;
      if (event.type === "rejected" || (event.type === "state" && isFinal(event.data.state))) return;
    }
  }

  /** Why it is where it is, in words. */
  explain({ signal }: SignalOption = {}): Promise<Explanation> {
    return this.#backend.explain(this.id, { signal });
  }

  #called(): string {
    return `"${this.name}" (${this.nativeId ?? this.id})`;
  }

  async #end(signal: AbortSignal): Promise<JobStatus> {
    if (isEnd(this.lastStatus)) return this.lastStatus;
    if (this.#task !== undefined) return this.#task.end(signal);
    this.#record = await this.#backend.wait(this.id, { signal, until: (record) => isEnd(record) });
    return statusOf(this.#record);
  }

  /** Read once, however many ask; a failure to read it is not kept. */
  #valueOf(status: JobStatus, signal: AbortSignal | undefined): Promise<T> {
    if (this.#value === undefined) {
      this.#value = this.#readValue({ backend: this.#backend, record: this.#record, task: this.task }, status);
      this.#value.catch(() => (this.#value = undefined));
    }
    return signal === undefined ? this.#value : untilAborted(this.#value, signal);
  }
}

/** Leaves what is under way as it is, and rejects when the signal aborts. */
function untilAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new SluiceError("CANCELLED", "stopped as asked", { cause: signal.reason }));
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** An end of one's own beside that of the caller. */
class Stop implements Disposable {
  readonly #own = new AbortController();
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal === undefined ? this.#own.signal : AbortSignal.any([this.#own.signal, signal]);
  }

  [Symbol.dispose](): void {
    this.#own.abort();
  }
}

/** Whether there is nothing left to wait for. */
export function isEnd(status: Pick<JobStatus, "state" | "reason">): boolean {
  return isFinal(status.state) || canNeverStart(status);
}
