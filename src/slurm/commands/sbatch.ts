import { SluiceError } from "../../errors.ts";
import type { Command } from "../../schema/command.ts";
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
      if (output.exitCode !== 0) throw slurmFailure("sbatch", output, "SUBMIT_REJECTED");
      throw new SluiceError(
        "SUBMIT_REJECTED",
        `sbatch took no job; did the script or an option ask for --test-only? It said: ${slurmWords(output)}`,
        { details: { program: "sbatch" } },
      );
    },
  };
}
