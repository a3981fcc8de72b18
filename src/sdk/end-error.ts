import { endInWords, remedyForEnd } from "../jobs/end-words.ts";
import type { JobState } from "../schema/job.ts";
import {
  DependencyNeverError,
  JobBootFailError,
  JobCancelledError,
  JobDeadlineError,
  JobEndError,
  JobFailedError,
  JobNodeFailError,
  JobOutOfMemoryError,
  JobPreemptedError,
  JobTimeoutError,
  type JobEnd,
} from "./job-end-errors.ts";
import { canNeverStart } from "./job-status.ts";

const classes: Readonly<Partial<Record<JobState, new (message: string, end: JobEnd) => JobEndError>>> = {
  failed: JobFailedError,
  cancelled: JobCancelledError,
  timeout: JobTimeoutError,
  out_of_memory: JobOutOfMemoryError,
  node_fail: JobNodeFailError,
  preempted: JobPreemptedError,
  deadline: JobDeadlineError,
  boot_fail: JobBootFailError,
};

/** The error for a job that ended so, of the class of its end. */
export function endErrorOf(end: JobEnd): JobEndError {
  const Class = canNeverStart(end) ? DependencyNeverError : (classes[end.state] ?? JobEndError);
  const output = end.stderr.trimEnd();
  return new Class(`${inWords(end)}${output === "" ? "" : `; the last it wrote to stderr:\n${output}`}`, end);
}

function inWords(end: JobEnd): string {
  const { name, jobId, nativeId, cluster, state, exit, cancelledBy } = end;
  const job = `job "${name}" (${nativeId ?? jobId} on ${cluster})`;
  if (canNeverStart(end)) return `${job} can never start: a job that it waits for ended in another way than asked`;
  if (state === "cancelled") return `${job} was cancelled${cancelledBy === undefined ? "" : ` by ${cancelledBy}`}`;
  const why = endInWords({ state, reason: end.reason, exit, rawState: end.rawState })?.what;
  const remedy = remedyForEnd(state);
  const because = `${why === undefined ? "" : `: ${why}`}${remedy === undefined ? "" : ` (${remedy})`}`;
  if (state !== "failed") return `${job} ended as ${state.replaceAll("_", " ")}${because}`;
  if (exit !== undefined && exit.signal > 0) return `${job} was ended by signal ${exit.signal}${because}`;
  return `${job} failed${exit === undefined ? "" : ` with status ${exit.status}`}${because}`;
}
