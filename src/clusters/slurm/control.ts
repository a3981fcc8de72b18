import { SluiceError } from "../../errors.ts";
import type { ControlVerb, JobLimits, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import type { Command } from "../../schema/command.ts";
import { scancel } from "../../slurm/commands/scancel.ts";
import { holdJobs, releaseJobs, requeueJobs, updateJob } from "../../slurm/commands/scontrol-jobs.ts";
import { formatDuration, parseTimeLimit } from "../../slurm/values/duration.ts";

/** Holding is done so that the job's owner may undo it, whoever asked. */
const commands: Readonly<Record<ControlVerb, (nativeId: string) => Command<void>>> = {
  hold: (nativeId) => holdJobs([nativeId], "user"),
  release: (nativeId) => releaseJobs([nativeId]),
  requeue: (nativeId) => requeueJobs([nativeId]),
};

export async function controlJob(
  runner: Runner,
  { nativeId }: SubmittedJob,
  verb: ControlVerb,
  signal: AbortSignal,
): Promise<void> {
  try {
    await runner.run(commands[verb](nativeId), { signal });
  } catch (error) {
    // What waits to run is where a requeue would put it.
    const waits = error instanceof SluiceError && /Job is pending execution/i.test(error.message);
    if (verb === "requeue" && waits) return;
    throw error;
  }
}

/** scancel(1) answers in milliseconds, or tries again for a minute where a job is in no state to be signalled. */
const signalWithinMs = 3_000;

/**
 * Signals the script of a job and its steps. Throws `ACTION_REFUSED` for a job that does not run: scancel says nothing then
 * and goes on trying.
 */
export async function signalJob(
  runner: Runner,
  { nativeId }: SubmittedJob,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const command = scancel({ jobs: [nativeId], signal: name, receiver: "full" });
  try {
    await runner.run(command, { signal, deadlineMs: signalWithinMs });
  } catch (cause) {
    if (!(cause instanceof SluiceError && cause.code === "DEADLINE_EXCEEDED")) throw cause;
    const problem = `signal: job ${nativeId} has no process to signal: it waits, or is between two states`;
    throw new SluiceError("ACTION_REFUSED", problem, { cause, details: { nativeId } });
  }
}

export async function changeJob(
  runner: Runner,
  { nativeId }: SubmittedJob,
  { timeLimit, priority }: JobLimits,
  signal: AbortSignal,
): Promise<void> {
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 2 ** 32 - 3)) {
    throw new SluiceError("INPUT_INVALID", `priority ${priority}: takes a whole number from 0 to ${2 ** 32 - 3}`, {
      details: { field: "priority" },
    });
  }
  const changes = {
    ...(timeLimit !== undefined && { TimeLimit: formatDuration(parseTimeLimit(timeLimit)) }),
    ...(priority !== undefined && { Priority: String(priority) }),
  };
  await runner.run(updateJob(nativeId, changes), { signal });
}
