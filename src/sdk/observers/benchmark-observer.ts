import { renameSync, writeFileSync } from "node:fs";
import type { CompletedEvent, Observer, PackagingEndEvent, StatusEvent, SubmitEndEvent } from "./observer.ts";

/** What was measured of one job; times in milliseconds. What did not happen, or was not seen, is absent. */
export interface JobMetrics {
  readonly jobId: string;
  readonly nativeId: string | undefined;
  readonly name: string;
  readonly cluster: string;
  readonly task: string | undefined;
  /** How many tasks an array has; 1 for a job that is none. */
  readonly calls: number;
  /** From the call of submit until the scheduler had it. */
  readonly submitMs: number;
  /** From then until it began. */
  queueMs?: number;
  /** From its beginning to its end, by the scheduler's clock, which counts seconds. */
  runMs?: number;
  state?: string;
}

export interface Metrics {
  readonly version: 1;
  /** How long the code of tasks took to be made ready, by task, in the order of time. */
  readonly packaging: readonly { readonly task: string; readonly durationMs: number }[];
  readonly jobs: readonly JobMetrics[];
}

/** Measures what jobs take, and keeps it in a file of JSON that is whole at any time. */
export class BenchmarkObserver implements Observer {
  readonly #path: string | undefined;
  readonly #packaging: { readonly task: string; readonly durationMs: number }[] = [];
  readonly #jobs = new Map<string, JobMetrics>();

  /** @param path of the file; none is written where left out */
  constructor(path?: string) {
    this.#path = path;
  }

  get metrics(): Metrics {
    return { version: 1, packaging: [...this.#packaging], jobs: [...this.#jobs.values()] };
  }

  onPackagingEnd({ task, durationMs, error }: PackagingEndEvent): void {
    if (error === undefined) this.#packaging.push({ task, durationMs });
  }

  onSubmitEnd({ jobId, nativeId, name, cluster, task, calls, durationMs }: SubmitEndEvent): void {
    if (jobId === undefined) return;
    this.#jobs.set(jobId, { jobId, nativeId, name, cluster, task, calls, submitMs: durationMs });
    this.#write();
  }

  onStatus({ jobId, status, index }: StatusEvent): void {
    const job = this.#jobs.get(jobId);
    if (job === undefined || index !== undefined) return;
    job.state = status.state;
    const queueMs = between(status.submittedAt, status.startedAt);
    if (queueMs !== undefined) job.queueMs = queueMs;
  }

  onCompleted({ jobId, status }: CompletedEvent): void {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    job.state = status.state;
    const queueMs = between(status.submittedAt, status.startedAt);
    const runMs = between(status.startedAt, status.endedAt);
    if (queueMs !== undefined) job.queueMs = queueMs;
    if (runMs !== undefined) job.runMs = runMs;
    this.#write();
  }

  #write(): void {
    if (this.#path === undefined) return;
    const temporary = `${this.#path}.${process.pid}.new`;
    writeFileSync(temporary, `${JSON.stringify(this.metrics, undefined, 2)}\n`);
    renameSync(temporary, this.#path);
  }
}

function between(from: string | undefined, to: string | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.max(0, Date.parse(to) - Date.parse(from));
}
