import { SluiceError } from "../../errors.ts";
import type { ControlVerb, JobLimits, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import type { Command } from "../../schema/command.ts";
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
