import type { SluiceErrorCode } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { Command, CommandOutput } from "../../schema/command.ts";
import { submitEnvironment } from "./environment.ts";
import { slurmFailure, slurmWords } from "./failure.ts";

export interface SbatchRequest {
  /** Path of the script on the cluster. */
  readonly script: string;
  /** Arguments of the script. */
  readonly args: readonly string[];
  /** sbatch's options, one argument each: `--nodes=2`, `--chdir=/scratch`. */
  readonly options: readonly string[];
}

export interface SubmittedBatch {
  readonly nativeId: string;
  /** The cluster that took the job, where sbatch names one: with `--clusters` or in a federation. */
  readonly cluster?: string;
}

/** A node or a job that Slurm does not know is one that the request names, in `--nodelist` or `--dependency`: that refuses it. */
const namedByRequest: ReadonlySet<SluiceErrorCode> = new Set(["NODE_NOT_FOUND", "JOB_NOT_FOUND"]);

/** The error for an sbatch that failed, as `slurmFailure` has it; what the request itself is to blame for is `SUBMIT_REJECTED`. */
function submitFailure(output: CommandOutput): SluiceError {
  const failure = slurmFailure("sbatch", output, "SUBMIT_REJECTED");
  if (!namedByRequest.has(failure.code)) return failure;
  return new SluiceError("SUBMIT_REJECTED", failure.message, { details: failure.details });
}

/**
 * Submits a script: sbatch(1), `--parsable`. Throws `SUBMIT_REJECTED` with Slurm's words, `CLUSTER_UNREACHABLE` where the
 * controller gave no answer. In the second case the job may have been taken all the same: look for it before submitting again.
 */
export function sbatch({ script, args, options }: SbatchRequest): Command<SubmittedBatch> {
  return {
    argv: ["sbatch", "--parsable", ...options, "--", script, ...args],
    env: submitEnvironment,
    parse(output) {
      // An id on standard output is Slurm's word that it has the job, whatever the exit code: with `#SBATCH --wait` that
      // is the job's own. Plugins of a site (cli_filter) may print lines before it.
      const line = output.stdout.trimEnd().split("\n").at(-1) ?? "";
      const match = /^(\d+)(?:;([\w.-]+))?$/.exec(line);
      if (match?.[1] !== undefined) {
        return { nativeId: match[1], ...(match[2] !== undefined && { cluster: match[2] }) };
      }
      if (output.exitCode !== 0) throw submitFailure(output);
      throw new SluiceError(
        "SUBMIT_REJECTED",
        `sbatch took no job; did the script or an option ask for --test-only? It said: ${slurmWords(output)}`,
        { details: { program: "sbatch" } },
      );
    },
  };
}
