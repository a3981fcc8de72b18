import { SluiceError } from "../../errors.ts";
import type { OutputFile } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import type { JobObservation } from "../../schema/job.ts";
import { showJob } from "../../slurm/commands/scontrol-show-job.ts";

/** States in which slurmd has opened the output, so that its path holds all that patterns stand for. */
const unopened: ReadonlySet<string> = new Set(["accepted", "submitting", "pending", "held"]);

/**
 * The files that a job's own options name for its output, as Slurm resolved them. `undefined` while the job has not begun,
 * and when Slurm has forgotten it.
 */
export async function shownOutputs(
  runner: Runner,
  { nativeId, state }: JobObservation,
  signal: AbortSignal,
): Promise<readonly OutputFile[] | undefined> {
  if (unopened.has(state)) return undefined;
  try {
    const shown = await runner.run(showJob(nativeId), { signal });
    const own = shown.find(
      ({ jobId, array }) => nativeId === (array === undefined ? `${jobId}` : `${array.jobId}_${array.tasks}`),
    );
    const { stdout, stderr } = own ?? shown[0] ?? {};
    if (stdout === undefined) return undefined;
    const files: OutputFile[] = [{ stream: "stdout", path: stdout, nativeId }];
    // One file for both is the rule unless --error was given: it is then read once, as standard output.
    if (stderr !== undefined && stderr !== stdout) files.push({ stream: "stderr", path: stderr, nativeId });
    return files;
  } catch (error) {
    if (error instanceof SluiceError && error.code === "JOB_NOT_FOUND") return undefined;
    throw error;
  }
}
