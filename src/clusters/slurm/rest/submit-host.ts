import { SluiceError } from "../../../errors.ts";
import type { Runner } from "../../../jobs/runner.ts";
import type { Command } from "../../../schema/command.ts";
import { slurmFailure } from "../../../slurm/commands/failure.ts";

/** The host that Slurm's commands run on, and what sbatch finds out of it and hands on to jobs. */
export interface SubmitHost {
  readonly name: string;
  readonly user: string;
  /** As umask(1) prints it. */
  readonly umask: string;
}

/**
 * Looks at the host once. Throws `SLURM_MISSING` where it has no `squeue`: slurmrestd itself can list jobs only at ten to
 * three hundred times the price of the text, and shows no files, so neither a queue nor output could be had.
 */
export async function readSubmitHost(runner: Runner, signal: AbortSignal): Promise<SubmitHost> {
  const { hasSlurm, ...host } = await runner.run(look, { signal });
  if (hasSlurm) return host;
  throw new SluiceError(
    "SLURM_MISSING",
    `squeue is not installed on ${runner.host}, and slurmrestd alone is not enough: the queue is read by squeue, and files ` +
      "of jobs through a shell. Add ssh: {host: LOGIN_NODE} to the cluster in sluice.yaml, or install Slurm's client commands",
    { details: { program: "squeue", host: runner.host } },
  );
}

const look: Command<SubmitHost & { readonly hasSlurm: boolean }> = {
  argv: ["sh", "-c", "umask; uname -n; id -un; command -v squeue"],
  parse(output) {
    const [umask = "", name = "", user = "", squeue = ""] = output.stdout.trim().split("\n");
    if (user === "") throw slurmFailure("id", output, "COMMAND_FAILED");
    return { umask, name, user, hasSlurm: squeue !== "" };
  },
};
