import type { SluiceErrorCode } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { Command } from "../../schema/command.ts";
import { quoteValue } from "../values/format-invalid.ts";
import { readerEnvironment } from "./environment.ts";
import { slurmFailure } from "./failure.ts";
import { jobIdList } from "./job-ids.ts";

/** Keeps jobs that wait from starting: `scontrol hold`, or `scontrol uhold` (`user`), which the job's owner may undo alone. */
export function holdJobs(jobs: readonly string[], by: "caller" | "user" = "caller"): Command<void> {
  return changeJobs(by === "user" ? "uhold" : "hold", jobs);
}

/** Lets held jobs start: `scontrol release`. */
export function releaseJobs(jobs: readonly string[]): Command<void> {
  return changeJobs("release", jobs);
}

/** Ends jobs that run and puts them back into the queue, there to be held where asked: `scontrol requeue|requeuehold`. */
export function requeueJobs(jobs: readonly string[], then: "wait" | "hold" = "wait"): Command<void> {
  return changeJobs(then === "hold" ? "requeuehold" : "requeue", jobs);
}

/** Throws `JOB_NOT_FOUND` where one job is unknown, `ACTION_REFUSED` where its state does not allow it; those before it have been changed then. */
function changeJobs(verb: string, jobs: readonly string[]): Command<void> {
  return done(["scontrol", verb, jobIdList(`scontrol ${verb}`, jobs, "several")], "ACTION_REFUSED");
}

/**
 * Changes a job: `scontrol update`, with keys of scontrol(1) such as `Comment`, `JobName`, `TimeLimit`, `Partition`. A value
 * may hold blanks, `=` and line breaks. Throws `JOB_NOT_FOUND`, and `ACTION_REFUSED` with Slurm's words for a change that it refuses.
 */
export function updateJob(job: string, changes: Readonly<Record<string, string>>): Command<void> {
  return done(
    ["scontrol", "update", `JobId=${jobIdList("scontrol update", [job], "several")}`, ...assignments(changes)],
    "ACTION_REFUSED",
  );
}

/** One argument for each change; throws `INPUT_INVALID` for a key that is none, and where there is no change. */
export function assignments(changes: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(changes);
  const wrong = entries.find(([key]) => !/^[A-Za-z]+$/.test(key));
  if (wrong !== undefined || entries.length === 0) {
    const problem = wrong === undefined ? "no change given" : `${quoteValue(wrong[0])} is not a key`;
    throw new SluiceError("INPUT_INVALID", `scontrol update: ${problem}; scontrol(1) lists the keys`, {
      details: { field: wrong?.[0] ?? "changes" },
    });
  }
  return entries.map(([key, value]) => `${key}=${value}`);
}

/** A command of scontrol that prints nothing of use; `refused` is what a refusal is that Slurm's words do not explain. */
export function done(argv: readonly [string, ...string[]], refused: SluiceErrorCode = "COMMAND_FAILED"): Command<void> {
  return {
    argv,
    env: readerEnvironment,
    parse(output) {
      if (output.exitCode !== 0) throw slurmFailure("scontrol", output, refused);
    },
  };
}
