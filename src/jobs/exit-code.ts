import type { JobObservation, JobState } from "../schema/job.ts";

/** What an end that the script did not choose counts as, where the scheduler gives no exit of it. */
const codeOfState: Partial<Record<JobState, number>> = {
  completed: 0,
  cancelled: 143,
  timeout: 124,
  out_of_memory: 137,
};

/**
 * The exit code that a shell would give for a job: the script's own status, or 128 + the signal that ended it. A job that
 * did not complete is never 0: one that was cancelled while it waited is 143, a timeout 124, any other end 1.
 */
export function exitCodeOf({ state, exit }: JobObservation): number {
  const own = exit === undefined ? 0 : exit.signal > 0 ? 128 + exit.signal : exit.status;
  return Math.min(own, 255) || (codeOfState[state] ?? 1);
}
