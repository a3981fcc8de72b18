import { SluiceError } from "../../errors.ts";
import type { OutputFile, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { finalStates, type JobObservation } from "../../schema/job.ts";
import { showJob } from "../../slurm/commands/scontrol-show-job.ts";
import { readOutputPaths } from "./job-folder.ts";

/** States in which slurmd has opened the output, so that its path holds all that patterns stand for. */
const unopened: ReadonlySet<string> = new Set(["accepted", "submitting", "pending", "held"]);

/**
 * The files that a job's own options name for its output, as Slurm resolved them; as the job found them, where Slurm has
 * forgotten it, or leaves a pattern unresolved (`%N`). None while the job has not begun, or where nobody can tell.
 */
export async function namedOutputs(
  runner: Runner,
  job: SubmittedJob,
  observation: JobObservation,
  signal: AbortSignal,
): Promise<readonly OutputFile[]> {
  if (unopened.has(observation.state)) return [];
  const { nativeId } = observation;
  const shown = await shownPaths(runner, job, nativeId, signal);
  const isResolved = shown !== undefined && !`${shown.stdout}${shown.stderr}`.includes("%");
  const task = /_(\d+)$/.exec(nativeId)?.[1];
  const found = isResolved
    ? shown
    : await readOutputPaths(runner, job, task === undefined ? undefined : Number(task), signal);
  // A job that runs will tell yet; of one that never could, Slurm's word is all there is.
  const paths = found ?? (finalStates.has(observation.state) ? shown : undefined);
  if (paths === undefined) return [];
  const { stdout, stderr } = paths;
  const files: OutputFile[] = [{ stream: "stdout", path: stdout, nativeId }];
  // One file for both is the rule unless --error was given: it is then read once, as standard output.
  if (stderr !== stdout) files.push({ stream: "stderr", path: stderr, nativeId });
  return files;
}

/** `undefined` where Slurm has forgotten the job, or given its number to another. */
async function shownPaths(
  runner: Runner,
  { directory }: SubmittedJob,
  nativeId: string,
  signal: AbortSignal,
): Promise<{ readonly stdout: string; readonly stderr: string } | undefined> {
  try {
    const shown = await runner.run(showJob(nativeId), { signal });
    const own = shown.find(
      ({ jobId, array }) => nativeId === (array === undefined ? `${jobId}` : `${array.jobId}_${array.tasks}`),
    );
    const { stdout, stderr = stdout, command, workDirectory } = own ?? shown[0] ?? {};
    const isOurs = (command ?? `${workDirectory}/`).startsWith(`${directory}/`);
    return stdout === undefined || stderr === undefined || !isOurs ? undefined : { stdout, stderr };
  } catch (error) {
    if (error instanceof SluiceError && error.code === "JOB_NOT_FOUND") return undefined;
    throw error;
  }
}
