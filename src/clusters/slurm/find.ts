import { randomUUID } from "node:crypto";
import type { Runner } from "../../jobs/runner.ts";
import type { Command } from "../../schema/command.ts";
import { slurmFailure } from "../../slurm/commands/failure.ts";
import { squeue } from "../../slurm/commands/squeue.ts";
import { readNativeId } from "./job-folder.ts";
import { wrapperName } from "./wrapper.ts";

/**
 * The native id of the job of this folder, from the folder itself or from the queue: the path of the script that sbatch was
 * given comes back there, and nothing that a user can set is needed to know it again.
 */
export async function findJob(runner: Runner, directory: string, signal: AbortSignal): Promise<string | undefined> {
  const known = await readNativeId(runner, directory, signal);
  if (known !== undefined) return known;
  if ((await runner.listDirectory(directory, signal)).length === 0) return undefined;
  const user = await runner.run(userName, { signal });
  const queue = await runner.run(squeue({ boundary: randomUUID(), users: [user] }), { signal });
  const path = `${directory}/${wrapperName}`;
  // Up to 24.05 the arguments of the script follow its path.
  const found = queue.find(({ command = "" }) => command === path || command.startsWith(`${path} `));
  // The job may have begun, and gone, while the queue was read.
  if (found === undefined) return readNativeId(runner, directory, signal);
  return String(found.array?.jobId ?? found.jobId);
}

const userName: Command<string> = {
  argv: ["id", "-un"],
  parse(output) {
    if (output.exitCode !== 0) throw slurmFailure("id", output, "COMMAND_FAILED");
    return output.stdout.trim();
  },
};
