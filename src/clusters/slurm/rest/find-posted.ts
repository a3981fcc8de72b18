import { randomUUID } from "node:crypto";
import type { Runner } from "../../../jobs/runner.ts";
import { showConfig } from "../../../slurm/commands/scontrol-show-config.ts";
import { squeue } from "../../../slurm/commands/squeue.ts";
import { readNativeId } from "../job-folder.ts";
import { underWay } from "../submit-once.ts";
import { wrapperName } from "../wrapper.ts";
import { ageOfMark, postedName, unmarkPosted } from "./posted-mark.ts";
import { requestSeconds } from "./request-times.ts";

/** What slurmrestd had sent to a slurmctld that was busy lies in front of the question that is put to that next. */
const settleMs = 3_000;

/**
 * Looks for a job whose folder has the mark of a request to slurmrestd, by its path in the queue. There is nobody to ask
 * whether that request is still under way, so a job that is not found is not given up before the time has passed in which
 * one may come of it. Throws `CLUSTER_UNREACHABLE` until then.
 */
export async function findPosted(runner: Runner, directory: string, signal: AbortSignal): Promise<string | undefined> {
  let found = await look(runner, directory, signal);
  if (found === undefined) {
    const age = await runner.run(ageOfMark(directory), { signal });
    if (age === undefined || age < (await longestSeconds(runner, signal))) throw underWay(directory);
    await runner.run(settle, { signal });
    // The job may have begun, and gone, while the queue was read.
    found = (await look(runner, directory, signal)) ?? (await readNativeId(runner, directory, signal));
  }
  if (found === undefined) await unmarkPosted(runner, directory, signal);
  else await runner.writeFile(`${directory}/id`, `${found}\n`, { mode: 0o600 }, signal);
  return found;
}

async function look(runner: Runner, directory: string, signal: AbortSignal): Promise<string | undefined> {
  const script = `${directory}/${wrapperName}`;
  const folder = `${directory}/${postedName}`;
  const queue = await runner.run(squeue({ boundary: randomUUID(), everyPartition: true }), { signal });
  const found = queue.find(
    ({ command = "", workDirectory }) =>
      command === script || command.startsWith(`${script} `) || workDirectory === folder,
  );
  return found === undefined ? undefined : String(found.array?.jobId ?? found.jobId);
}

/**
 * slurmrestd waits MessageTimeout for a connection to slurmctld and as long for its answer (measured: 9 and 10 s with the
 * default of 10 s); then nothing comes of a request any more.
 */
async function longestSeconds(runner: Runner, signal: AbortSignal): Promise<number> {
  const { settings } = await runner.run(showConfig(), { signal });
  const timeout = Number(/^\d+/.exec(settings.get("MessageTimeout") ?? "")?.[0] ?? 10);
  return requestSeconds + 2 * timeout + 5;
}

const settle = { argv: ["sleep", String(settleMs / 1000)] as const, parse() {} };
