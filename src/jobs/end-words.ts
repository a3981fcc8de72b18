import type { JobState } from "../schema/job.ts";
import type { StoredJob } from "../schema/stored-job.ts";
import { reasonInWords } from "./reason-words.ts";

/** How a job ended, where its state alone does not say why. */
const words: Readonly<Partial<Record<JobState, string>>> = {
  preempted: "a job of a higher priority took its nodes",
  timeout: "it ran for as long as its time limit allowed",
  out_of_memory: "it used more memory than it had",
  node_fail: "a node that it ran on went down",
  deadline: "it could not end before its deadline",
  boot_fail: "a node that it was given did not boot",
};

const remedies: Readonly<Partial<Record<JobState, string>>> = {
  preempted: "submit it again; with --requeue Slurm does so by itself, where its partition is so configured",
  timeout: "give it a longer time limit, or have it go on from where it was",
  out_of_memory: "ask for more memory",
  node_fail: "submit it again; with --requeue Slurm does so by itself",
  deadline: "give it a later deadline, or a shorter time limit",
  boot_fail: "submit it again, or ask the site about the node",
};

/** Reasons that say no more than the exit status does, or say it wrongly: Slurm calls a death by a signal a failed launch. */
const exitReasons: ReadonlySet<string> = new Set(["NonZeroExitCode", "RaisedSignal", "JobLaunchFailure"]);

/** Whether a job's exit status says all that the reason beside it does. */
export function isSaidByExit({ reason, exit }: Pick<StoredJob, "reason" | "exit">): boolean {
  const hasRun = exit !== undefined && (exit.status > 0 || exit.signal > 0);
  return reason !== undefined && exitReasons.has(reason) && hasRun;
}

/** Why a job has ended as it has; `undefined` where its exit status tells. */
export function endInWords({
  state,
  reason,
  exit,
  rawState,
}: Pick<StoredJob, "state" | "reason" | "exit" | "rawState">): { what: string; evidence: string } | undefined {
  const what = words[state];
  if (what !== undefined) return { what, evidence: reason ?? rawState ?? state };
  if (reason === undefined || reason === "None" || state === "completed") return undefined;
  if (reason === "CancelRequested") return { what: "its end was asked for, and it is gone", evidence: reason };
  if (reason === "Receipt" || isSaidByExit({ reason, exit })) return undefined;
  return { what: reasonInWords(reason), evidence: reason };
}

/** What would help; `undefined` where that is for the script to say. */
export function remedyForEnd(state: JobState): string | undefined {
  return remedies[state];
}
