import type { JobState } from "../schema/job.ts";

/** Ends from the best to the worst; of an array the worst task's counts. */
export const severity: readonly JobState[] = [
  "completed",
  "cancelled",
  "preempted",
  "deadline",
  "timeout",
  "failed",
  "out_of_memory",
  "boot_fail",
  "node_fail",
];
