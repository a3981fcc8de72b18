import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { parseReceipt, type Receipt } from "./receipt.ts";

/**
 * A job's own folder, `<base>/jobs/<ULID>`, mode 0700:
 *
 * - `user-script`: the user's bytes; `script`: the wrapper that sbatch is given
 * - `environment`: the user's variables, where there are any
 * - `job.json`: what Sluice must know of the job, written before sbatch runs; `id`: the native id, written after
 * - `lock`, `attempt`: see `submit-once.ts`
 * - `start[.TASK]`: the native id, and where output goes where that is not this folder; written by the job as it starts
 * - `exit[.TASK]`: the receipt
 * - `cancel`: somebody asked for the end, and for no new run since
 * - `stdout[.TASK]`, `stderr[.TASK]`: output, where the user set no file for it
 * - `files/`: what the job itself leaves for who asks for it by name; made by the job
 */
export const JobNote = z.strictObject({
  tasks: z.array(z.int().min(0)).readonly().optional(),
  /** Whether output goes to files of this folder. */
  ownOutput: z.boolean(),
});
export type JobNote = z.infer<typeof JobNote>;

export const cancelName = "cancel";

/** Far above any note or receipt: an array of a million tasks has one of 8 MB. */
const maxBytes = 16 * 1024 * 1024;

export function jobDirectory(base: string, jobId: string): string {
  return `${base}/jobs/${jobId}`;
}

/** `undefined` where there is no such file. */
export async function readText(runner: Runner, path: string, signal: AbortSignal): Promise<string | undefined> {
  const slice = await runner.readFile(path, { offset: 0, maxBytes }, signal);
  return slice === undefined ? undefined : Buffer.from(slice.bytes).toString("utf8");
}

/** Throws `FILE_UNREADABLE` for a note that is gone or damaged. */
export async function readNote(runner: Runner, directory: string, signal: AbortSignal): Promise<JobNote> {
  const path = `${directory}/job.json`;
  const text = await readText(runner, path, signal);
  try {
    return JobNote.parse(JSON.parse(text ?? ""));
  } catch (error) {
    const problem = text === undefined ? "is gone" : "is damaged";
    throw new SluiceError("FILE_UNREADABLE", `"${path}" ${problem}, so the job's output cannot be found`, {
      cause: error,
      details: { path },
    });
  }
}

/** The native id as the folder knows it, from sbatch's answer or from the job itself; `undefined` where it does not. */
export async function readNativeId(
  runner: Runner,
  directory: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const names = await runner.listDirectory(directory, signal);
  // Written on a full disk a file may be empty; then another may know.
  const tellers = ["id", ...names.filter((name) => /^(?:start|exit)(?:\.\d+)?$/.test(name))];
  for (const name of tellers.filter((teller) => names.includes(teller))) {
    const text = await readText(runner, `${directory}/${name}`, signal);
    const nativeId = /^(?:job )?(\d+)\n/.exec(text ?? "")?.[1];
    if (nativeId !== undefined) return nativeId;
  }
  return undefined;
}

export async function readReceipt(
  runner: Runner,
  job: SubmittedJob,
  task: number | undefined,
  signal: AbortSignal,
): Promise<Receipt | undefined> {
  const text = await readText(runner, `${job.directory}/${taskFile("exit", task)}`, signal);
  const receipt = text === undefined ? undefined : parseReceipt(text);
  return receipt?.nativeId === job.nativeId ? receipt : undefined;
}

/** Where a job or task has found its output to go; `undefined` for one that has not begun, or could not tell. */
export async function readOutputPaths(
  runner: Runner,
  { nativeId, directory }: SubmittedJob,
  task: number | undefined,
  signal: AbortSignal,
): Promise<{ readonly stdout: string; readonly stderr: string } | undefined> {
  const text = await readText(runner, `${directory}/${taskFile("start", task)}`, signal);
  // A path with a line break would be more lines; what is no file has no path.
  const [, job, stdout = "", stderr = ""] = /^job (\d+)\n(\/[^\n]*)\n(\/[^\n]*)\n$/.exec(text ?? "") ?? [];
  return job === nativeId ? { stdout, stderr } : undefined;
}

/** `exit`, or `exit.4` for a task of an array. */
export function taskFile(name: string, task: number | undefined): string {
  return task === undefined ? name : `${name}.${task}`;
}
