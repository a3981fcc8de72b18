import { SluiceError } from "../errors.ts";
import type { ExitStatus, JobState } from "../schema/job.ts";

/** What is known of a job that ended in another way than with success. */
export interface JobEnd {
  /** Sluice's own id. */
  readonly jobId: string;
  /** The scheduler's own id: `123`, or `123_4` for a task of an array. */
  readonly nativeId: string | undefined;
  readonly name: string;
  readonly cluster: string;
  readonly state: JobState;
  /** The scheduler's own word for its state, and its reason, untouched. */
  readonly rawState: string | undefined;
  readonly reason: string | undefined;
  readonly exit: ExitStatus | undefined;
  readonly nodes: string | undefined;
  /** The last lines of what it wrote to stderr; empty where there is nothing, or it cannot be read. */
  readonly stderr: string;
  /** Who cancelled it, where that is known: a user, or a user id. */
  readonly cancelledBy: string | undefined;
}

/**
 * A job that was waited for ended without a value. Each way of ending has a class of its own below; what the function of a
 * task threw comes as a `TaskError`.
 */
export class JobEndError extends SluiceError implements Omit<JobEnd, "name"> {
  override readonly name: string = "JobEndError";
  readonly jobId: string;
  readonly nativeId: string | undefined;
  readonly jobName: string;
  readonly cluster: string;
  readonly state: JobState;
  readonly rawState: string | undefined;
  readonly reason: string | undefined;
  readonly exit: ExitStatus | undefined;
  readonly nodes: string | undefined;
  readonly stderr: string;
  readonly cancelledBy: string | undefined;

  constructor(message: string, end: JobEnd) {
    const { jobId, nativeId, state, reason } = end;
    const known = Object.entries({ jobId, nativeId, state, reason }).filter(([, value]) => value !== undefined);
    super("JOB_ENDED", message, { details: Object.fromEntries(known) });
    this.jobId = jobId;
    this.nativeId = nativeId;
    this.jobName = end.name;
    this.cluster = end.cluster;
    this.state = state;
    this.rawState = end.rawState;
    this.reason = reason;
    this.exit = end.exit;
    this.nodes = end.nodes;
    this.stderr = end.stderr;
    this.cancelledBy = end.cancelledBy;
  }
}

/** Its script ended with another status than 0, or by a signal, and left no word of what was thrown. */
export class JobFailedError extends JobEndError {
  override readonly name = "JobFailedError";
}

/** Somebody asked for its end: `cancelledBy`, where the cluster tells. */
export class JobCancelledError extends JobEndError {
  override readonly name = "JobCancelledError";
}

/** It ran for as long as its time limit allowed. */
export class JobTimeoutError extends JobEndError {
  override readonly name = "JobTimeoutError";
}

/** It used more memory than it had asked for. */
export class JobOutOfMemoryError extends JobEndError {
  override readonly name = "JobOutOfMemoryError";
}

/** A node that it ran on went down. */
export class JobNodeFailError extends JobEndError {
  override readonly name = "JobNodeFailError";
}

/** A job of a higher priority took its nodes. */
export class JobPreemptedError extends JobEndError {
  override readonly name = "JobPreemptedError";
}

/** It could not end before its deadline (`deadline`). */
export class JobDeadlineError extends JobEndError {
  override readonly name = "JobDeadlineError";
}

/** A node that it was given did not boot. */
export class JobBootFailError extends JobEndError {
  override readonly name = "JobBootFailError";
}

/** It can never start: a job that it waits for ended in another way than asked. */
export class DependencyNeverError extends JobEndError {
  override readonly name = "DependencyNeverError";
}
