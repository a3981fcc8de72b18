import type { JobStatus } from "../job-status.ts";

/** Which job, in which cluster. Times of all events are milliseconds since the epoch. */
export interface ObservedJob {
  readonly at: number;
  /** Sluice's own id. */
  readonly jobId: string;
  readonly nativeId: string | undefined;
  readonly name: string;
  readonly cluster: string;
  /** Id of the task function; absent for scripts. */
  readonly task: string | undefined;
}

/** The code of a task is made ready and put on the cluster. */
export interface PackagingEvent {
  readonly at: number;
  readonly task: string;
}

export interface PackagingEndEvent extends PackagingEvent {
  readonly durationMs: number;
  /** Set where it failed. */
  readonly error?: unknown;
}

/** A job is handed to its cluster. */
export interface SubmitEvent {
  readonly at: number;
  readonly name: string;
  readonly cluster: string;
  readonly task: string | undefined;
  /** How many tasks an array has; 1 for a job that is none. */
  readonly calls: number;
}

export interface SubmitEndEvent extends SubmitEvent {
  readonly durationMs: number;
  readonly jobId: string | undefined;
  readonly nativeId: string | undefined;
  readonly script: string | undefined;
  /** Set where it failed. */
  readonly error?: unknown;
}

/** A job, or a task of an array, has another state, reason or place. */
export interface StatusEvent extends ObservedJob {
  readonly status: JobStatus;
  /** The task of an array that it is about. */
  readonly index?: number;
}

/** A job has ended, all tasks of an array included. */
export interface CompletedEvent extends ObservedJob {
  readonly status: JobStatus;
}

/** One call of a task function, in its job. */
export interface RunEvent extends ObservedJob {
  readonly host: string;
  /** From 1; more where the call was made again. */
  readonly attempt: number;
  readonly index?: number;
}

export interface RunEndEvent extends RunEvent {
  readonly durationMs: number;
  /** What the function threw. */
  readonly error?: unknown;
}

/** A workflow has submitted a child. */
export interface WorkflowTaskEvent extends ObservedJob {
  /** How many tasks an array has; 1 for a job that is none. */
  readonly calls: number;
}

/**
 * Is told what happens to jobs. Each method may be left out. What one throws, or a promise of it rejects with, is dropped: an
 * observer never fails a job.
 *
 * Those of `cluster.on(observer)` hear what the program that submits knows; `observe(observer)`, called by the module that
 * defines a task, also has them hear what happens in the job.
 */
export interface Observer {
  onPackagingStart?(event: PackagingEvent): unknown;
  onPackagingEnd?(event: PackagingEndEvent): unknown;
  onSubmitStart?(event: SubmitEvent): unknown;
  onSubmitEnd?(event: SubmitEndEvent): unknown;
  onStatus?(event: StatusEvent): unknown;
  onCompleted?(event: CompletedEvent): unknown;
  onWorkflowTaskSubmitted?(event: WorkflowTaskEvent): unknown;
  /** In the job, as the next four. */
  onRunStart?(event: RunEvent): unknown;
  onRunEnd?(event: RunEndEvent): unknown;
  onWorkflowStart?(event: RunEvent): unknown;
  onWorkflowEnd?(event: RunEndEvent): unknown;
}

/** Tells each of them. Those that fail do so for themselves. */
export function tell<Method extends keyof Observer>(
  observers: readonly Observer[],
  method: Method,
  event: Parameters<NonNullable<Observer[Method]>>[0],
): void {
  for (const observer of observers) {
    try {
      const heard: unknown = Reflect.apply(Object(observer[method] ?? ignore), observer, [event]);
      if (heard instanceof Promise) heard.catch(ignore);
    } catch {
      // An observer never fails a job.
    }
  }
}

function ignore(): void {}
