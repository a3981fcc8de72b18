import { z } from "zod";
import { jobStates } from "./job-state.ts";

export { finalStates } from "./job-state.ts";

export const JobState = z.enum(jobStates);
export type JobState = z.infer<typeof JobState>;

/** How a job's script ended: its exit status, and the signal that ended it (0 for none). */
export const ExitStatus = z.object({ status: z.int().min(0), signal: z.int().min(0) });
export type ExitStatus = z.infer<typeof ExitStatus>;

/**
 * One job (or one task of an array) as its cluster sees it at one moment. Times are ISO 8601 in UTC; what is not known
 * is absent.
 */
export const JobObservation = z.object({
  /** The scheduler's own id: `123`, or `123_4` for a task of an array. */
  nativeId: z.string().min(1),
  state: JobState,
  /** The scheduler's own word for the state, and its reason, untouched. */
  rawState: z.string(),
  reason: z.string().optional(),
  exit: ExitStatus.optional(),
  /** A hostlist. */
  nodes: z.string().optional(),
  partition: z.string().optional(),
  name: z.string().optional(),
  submittedAt: z.string().optional(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  restarts: z.int().min(0).optional(),
  stdoutPath: z.string().optional(),
  stderrPath: z.string().optional(),
});
export type JobObservation = z.infer<typeof JobObservation>;

/** The end of one job, as `sluice run --json` prints it. */
export const JobRecord = z.object({
  /** Sluice's own id (ULID). */
  jobId: z.string().min(1),
  cluster: z.string(),
  clusterKind: z.string(),
  nativeId: z.string().min(1),
  name: z.string(),
  /** Of an array: the state of the worst task. */
  state: JobState,
  /** The exit code that a shell would give: 128 + signal for a script that a signal ended. Of an array: the highest. */
  exitCode: z.int().min(0).max(255),
  /** The job itself, or each task of an array in order. */
  tasks: z.array(JobObservation).readonly(),
  /** The job's own folder, where it was kept. */
  directory: z.string().optional(),
});
export type JobRecord = z.infer<typeof JobRecord>;
