/** Every way in which a job that the scheduler has can end. */
export const endStates = [
  "completed",
  "failed",
  "cancelled",
  "timeout",
  "out_of_memory",
  "node_fail",
  "preempted",
  "deadline",
  "boot_fail",
] as const;

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
  ...endStates,
  "rejected",
] as const;
export type JobState = (typeof jobStates)[number];

export const finalStates: ReadonlySet<JobState> = new Set<JobState>([...endStates, "rejected"]);
