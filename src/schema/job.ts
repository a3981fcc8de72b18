import { z } from "zod";

/**
 * A job's states, one word each. `held` is a pending job that a person must release; `suspended` and `completing` are
 * shades of running. Those of `finalStates` never change again.
 */
export const jobStates = [
  "accepted",
  "submitting",
  "pending",
  "held",
  "running",
  "suspended",
  "completing",
  "completed",
  "failed",
  "cancelled",
  "timeout",
  "out_of_memory",
  "node_fail",
  "preempted",
  "deadline",
  "boot_fail",
  "rejected",
] as const;
export const JobState = z.enum(jobStates);
export type JobState = z.infer<typeof JobState>;

export const finalStates: ReadonlySet<JobState> = new Set<JobState>([
  "completed",
  "failed",
  "cancelled",
  "timeout",
  "out_of_memory",
  "node_fail",
  "preempted",
  "deadline",
  "boot_fail",
  "rejected",
]);

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
