import { randomUUID } from "node:crypto";
import type { Runner } from "../../jobs/runner.ts";
import type { Command } from "../../schema/command.ts";
import { slurmFailure } from "../../slurm/commands/failure.ts";
import { squeue } from "../../slurm/commands/squeue.ts";
import { readNativeId, readText } from "./job-folder.ts";
import { findPosted } from "./rest/find-posted.ts";
import { postedName } from "./rest/posted-mark.ts";
import { sealAttempts } from "./sealed.ts";
import { attemptName, isSettled, underWay } from "./submit-once.ts";
import { wrapperName } from "./wrapper.ts";

/**
 * How long what a dead sbatch had sent may take to become a job: it lies in the controller's socket, in front of the
 * question that is put to it next.
 */
const settleSeconds = 3;

/**
 * The native id of the job of this folder, from the folder itself or from the queue: the path of the script that sbatch was
 * given comes back there, and nothing that a user can set is needed to know it again. `undefined` where there is no such
 * job and none can come of what was begun; `until` ends attempts that have not. Throws `CLUSTER_UNREACHABLE` while a submission is under way.
 */
export async function findJob(
  runner: Runner,
  { directory, until }: { readonly directory: string; readonly until: number | undefined },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (until !== undefined) await runner.run(sealAttempts(directory, until), { signal });
  const known = await readNativeId(runner, directory, signal);
  if (known !== undefined) return known;
  if ((await runner.listDirectory(directory, signal)).includes(postedName)) {
    const posted = await findPosted(runner, directory, signal);
    if (posted !== undefined) return posted;
  }
  const attempt = `${directory}/${attemptName}`;
  const lock = (await readText(runner, attempt, signal))?.trim();
  if (lock === undefined) return undefined;
  if (!(await runner.run(isSettled(lock, 0), { signal }))) throw underWay(directory);
  // It may have ended between the two looks.
  const written = await readNativeId(runner, directory, signal);
  if (written !== undefined) return written;

  const user = await runner.run(userName, { signal });
  const look = async (): Promise<string | undefined> => {
    const path = `${directory}/${wrapperName}`;
    const queue = await runner.run(squeue({ boundary: randomUUID(), users: [user], everyPartition: true }), { signal });
    // Up to 24.05 the arguments of the script follow its path.
    const found = queue.find(({ command = "" }) => command === path || command.startsWith(`${path} `));
    return found === undefined ? undefined : String(found.array?.jobId ?? found.jobId);
  };
  let found = await look();
  if (found === undefined) {
    if (!(await runner.run(isSettled(lock, settleSeconds), { signal }))) throw underWay(directory);
    // The job may have begun, and gone, while the queue was read.
    found = (await look()) ?? (await readNativeId(runner, directory, signal));
  }
  if (found === undefined) await runner.removeDirectory(attempt, signal);
  else await runner.writeFile(`${directory}/id`, `${found}\n`, { mode: 0o600 }, signal);
  return found;
}

const userName: Command<string> = {
  argv: ["id", "-un"],
  parse(output) {
    if (output.exitCode !== 0) throw slurmFailure("id", output, "COMMAND_FAILED");
    return output.stdout.trim();
  },
};
