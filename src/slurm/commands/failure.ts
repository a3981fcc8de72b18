import type { SluiceErrorCode } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { CommandOutput } from "../../schema/command.ts";

/**
 * Slurm's words for a failure and what they mean, first match wins. The texts are those of slurm_errno.c and of munge;
 * they have not changed from 22.05 to 26.05.
 */
const meanings: readonly (readonly [RegExp, SluiceErrorCode])[] = [
  // `scontrol hold` on 22.05 says "Unexpected message received" when there is no slurmctld to answer.
  [
    /Unable to contact slurm controller|Socket timed out|Zero Bytes were transmitted|Unexpected message received/i,
    "CLUSTER_UNREACHABLE",
  ],
  [
    /Munge (?:en|de)code failed|authentication error|Slurm backup controller in standby mode|Unable to establish control/i,
    "CLUSTER_UNREACHABLE",
  ],
  // A controller that has as many jobs as it may, or too many requests at once, asks to come again later.
  [/temporarily unable to accept job|Resource temporarily unavailable/i, "CLUSTER_UNREACHABLE"],
  // sacct, when slurmdbd does not answer.
  [
    /failed to open persistent connection|Problem talking to the database|Sending PersistInit msg/i,
    "CLUSTER_UNREACHABLE",
  ],
  [
    /Unable to process configuration file|Could not establish a configuration source|resolve_ctls_from_dns_srv/i,
    "CONFIG_INVALID",
  ],
  [/accounting storage is disabled|disabled slurmdbd/i, "CAPABILITY_MISSING"],
  [/Invalid job id|(?:^|; )Job \S+ not found/i, "JOB_NOT_FOUND"],
  [/Invalid node name|(?:^|; )Node \S+ not found/i, "NODE_NOT_FOUND"],
];

/** What Slurm's words mean, where they are of those that mean something; `undefined` for all others. */
export function meaningOf(words: string): SluiceErrorCode | undefined {
  return meanings.find(([pattern]) => pattern.test(words))?.[1];
}

/** Slurm's own words on one line: prefixes such as `sbatch: error: ` dropped, repeated and empty lines left out. */
export function slurmWords(output: CommandOutput): string {
  const text = output.stderr.trim() === "" ? output.stdout : output.stderr;
  const lines = text
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(/^\w+: (?:(?:error|fatal): )?/, "")
        .trim(),
    )
    .filter((line) => line !== "");
  return [...new Set(lines)].join("; ");
}

/**
 * The error for a Slurm program that failed: `CLUSTER_UNREACHABLE`, `CONFIG_INVALID`, `CAPABILITY_MISSING`,
 * `JOB_NOT_FOUND` and `NODE_NOT_FOUND` where its words say so, `SLURM_MISSING` for exit 127, otherwise `otherwise`.
 */
export function slurmFailure(program: string, output: CommandOutput, otherwise: SluiceErrorCode): SluiceError {
  const words = slurmWords(output);
  const details = { program, exitCode: output.exitCode };
  if (output.exitCode === 127) {
    return new SluiceError("SLURM_MISSING", `${program} is not installed on the cluster's host: ${words}`, { details });
  }
  // Some programs print these on standard output, so the words, not one stream, are searched.
  const code = meaningOf(words) ?? otherwise;
  const said = words === "" ? "said nothing" : `said: ${words}`;
  return new SluiceError(code, `${program} ended with exit code ${output.exitCode} and ${said}`, { details });
}

/** Throws what `slurmFailure` makes of a command that ended with another exit code than 0. */
export function expectSuccess(program: string, output: CommandOutput): void {
  if (output.exitCode !== 0) throw slurmFailure(program, output, "COMMAND_FAILED");
}
