import { endStates, finalStates, type JobState } from "./job-state.ts";

/**
 * Where a job can go from each state, as it looks between two looks at it: what lies between may have been missed. From
 * running back to pending leads a requeue. What ended stays ended, unless the scheduler runs it again: `isTransition`.
 */
export const transitions = {
  accepted: ["submitting", "cancelled", "rejected"],
  // Back to accepted: the look after a failed submit found that the scheduler does not have the job.
  submitting: ["accepted", "rejected", "pending", "held", "running", "suspended", "completing", ...endStates],
  pending: ["held", "running", "suspended", "completing", ...endStates],
  held: ["pending", "running", "suspended", "completing", ...endStates],
  running: ["pending", "held", "suspended", "completing", ...endStates],
  suspended: ["pending", "held", "running", "completing", ...endStates],
  completing: ["pending", "held", ...endStates],
  completed: [],
  failed: [],
  cancelled: [],
  timeout: [],
  out_of_memory: [],
  node_fail: [],
  preempted: [],
  deadline: [],
  boot_fail: [],
  rejected: [],
} as const satisfies Record<JobState, readonly JobState[]>;

/** The states of a job that the scheduler has and has not ended. */
export const activeStates = [
  "pending",
  "held",
  "running",
  "suspended",
  "completing",
] as const satisfies readonly JobState[];

const scheduled: ReadonlySet<JobState> = new Set<JobState>([...activeStates, ...endStates]);

/**
 * Whether a job may go from one state to another. `requeued` says that the scheduler counts one more restart than before:
 * then a job that it had, ended or not, may be in any state that a scheduler gives.
 */
export function isTransition(from: JobState, to: JobState, requeued = false): boolean {
  if (requeued && from !== "rejected" && scheduled.has(from) && scheduled.has(to)) return true;
  const targets: readonly JobState[] = transitions[from];
  return targets.includes(to);
}

/** Whether nothing but a requeue changes this state again. */
export function isFinal(state: JobState): boolean {
  return finalStates.has(state);
}
