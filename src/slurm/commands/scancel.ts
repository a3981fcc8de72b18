import { SluiceError } from "../../errors.ts";
import type { Command } from "../../schema/command.ts";
import { quoteValue } from "../values/format-invalid.ts";
import { readerEnvironment } from "./environment.ts";
import { slurmFailure } from "./failure.ts";
import { jobIdList } from "./job-ids.ts";

export interface ScancelRequest {
  readonly jobs: readonly string[];
  /** A signal's name without SIG, or its number; absent ends the job. */
  readonly signal?: string;
  /** Whom a signal reaches: the batch script alone, or the script with all of its steps. Absent: the steps alone. */
  readonly receiver?: "batch" | "full";
}

/** A job that has ended, or that Slurm has forgotten, needs no end. */
const settled = /Invalid job id specified|Job\/step already completing or completed/;

/**
 * ESLURM_INVALID_JOB_ID (2017) and ESLURM_ALREADY_DONE (2021) as far as an exit code can hold them: what scancel ends with,
 * and says nothing, when a signal that is not KILL comes late.
 */
const settledCodes: ReadonlySet<number> = new Set([2017 % 256, 2021 % 256]);

/**
 * Cancels jobs or signals them: scancel(1). A job that has ended or is unknown is no error: 22.05 says nothing of it and
 * ends with 0, or with the code above for a signal; where a release complains of that alone, it is passed over too.
 */
export function scancel({ jobs, signal, receiver }: ScancelRequest): Command<void> {
  if (signal !== undefined && !/^[A-Za-z0-9+]+$/.test(signal)) {
    throw new SluiceError("INPUT_INVALID", `signal ${quoteValue(signal)}: takes a name such as TERM, or a number`, {
      details: { field: "signal" },
    });
  }
  return {
    argv: [
      "scancel",
      ...(signal === undefined ? [] : [`--signal=${signal}`]),
      ...(receiver === undefined ? [] : [`--${receiver}`]),
      // scancel takes its ids as arguments of their own or separated by commas, alike.
      jobIdList("scancel", jobs, "several"),
    ],
    env: readerEnvironment,
    parse(output) {
      if (output.exitCode === 0) return;
      const complaints = output.stderr.split("\n").filter((line) => line.trim() !== "");
      if (complaints.length === 0 && settledCodes.has(output.exitCode)) return;
      if (complaints.length > 0 && complaints.every((line) => settled.test(line))) return;
      throw slurmFailure("scancel", output, "ACTION_REFUSED");
    },
  };
}
