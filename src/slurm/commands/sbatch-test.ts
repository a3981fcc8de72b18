import type { Command } from "../../schema/command.ts";
import { submitEnvironment } from "./environment.ts";
import { slurmFailure, slurmWords } from "./failure.ts";

export interface SbatchTestRequest {
  /** The batch script itself. */
  readonly script: string;
  /** sbatch's options, one argument each. */
  readonly options: readonly string[];
}

/** What slurmctld would do with a job, as of now. */
export interface TestedBatch {
  readonly accepted: boolean;
  /** Slurm's words. */
  readonly message: string;
  /** ISO 8601 in UTC. */
  readonly startAt?: string;
  /** A hostlist. */
  readonly nodes?: string;
  readonly partition?: string;
}

/** Slurm's words where its controller was not asked at all, or gave no answer: no judgement on the job. */
const silence: ReadonlySet<string> = new Set(["CLUSTER_UNREACHABLE", "SLURM_MISSING", "CONFIG_INVALID"]);

/**
 * Asks when a job would start, without submitting it: sbatch(1), `--test-only`. A refusal is an answer with Slurm's words.
 * slurmctld takes a number from its count of jobs for every question. Throws `CLUSTER_UNREACHABLE`, `SLURM_MISSING`.
 */
export function sbatchTest({ script, options }: SbatchTestRequest): Command<TestedBatch> {
  return {
    argv: ["sbatch", "--test-only", ...options],
    stdin: script,
    // `--begin` is read in the caller's time zone, so that stays; the answer says which it is.
    env: { ...submitEnvironment, SLURM_TIME_FORMAT: "%Y-%m-%dT%H:%M:%S%z" },
    parse(output) {
      const message = slurmWords(output);
      if (output.exitCode !== 0) {
        const failure = slurmFailure("sbatch", output, "SUBMIT_REJECTED");
        if (silence.has(failure.code)) throw failure;
        return { accepted: false, message };
      }
      const match = /Job \d+ to start at (\S+) using \d+ processors on (?:nodes )?(\S+)(?: in partition (\S+))?/.exec(
        message,
      );
      const [, start = "", nodes, partition] = match ?? [];
      const at = Date.parse(start.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
      return {
        accepted: true,
        message,
        ...(!Number.isNaN(at) && { startAt: new Date(at).toISOString() }),
        ...(nodes !== undefined && { nodes }),
        ...(partition !== undefined && { partition }),
      };
    },
  };
}
