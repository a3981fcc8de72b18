import type { SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { taskFile } from "./job-folder.ts";

/** The jobs that have left all of their receipts, by Sluice's id. What the receipts tell is left to who settles the jobs. */
export async function saidEnded(
  runner: Runner,
  jobs: readonly SubmittedJob[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  for (const { jobId, directory, tasks } of jobs) {
    const names = new Set(await runner.listDirectory(directory, signal));
    const receipts = tasks === undefined ? [taskFile("exit", undefined)] : tasks.map((task) => taskFile("exit", task));
    if (receipts.every((name) => names.has(name))) ended.add(jobId);
  }
  return ended;
}
