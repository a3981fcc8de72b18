import type { JobStore } from "../../src/jobs/store.ts";
import type { JobState } from "../../src/schema/job.ts";
import type { StoredJob } from "../../src/schema/stored-job.ts";
import type { QueuedJob } from "../../src/slurm/commands/squeue.ts";
import { toJobState } from "../../src/slurm/values/job-state.ts";
import { textOf } from "./engine-child.ts";
import { fateOf, tasksOf } from "./crash-jobs.ts";

/** What there is to be compared: Sluice's word, Slurm's, and what the jobs themselves wrote. */
export interface Evidence {
  readonly store: JobStore;
  /** Sluice's id by the number of the job, as answered to whoever submitted it. */
  readonly answered: ReadonlyMap<number, string>;
  /** Everything that slurmctld has. */
  readonly queue: readonly QueuedJob[];
  /** The folder whose `jobs` holds a folder for each job. */
  readonly base: string;
  /** The folder with what the jobs wrote. */
  readonly traces: string;
}

/** Says what is wrong, one line each: jobs that are not there, or twice, ran twice, or are told otherwise than they are. */
export async function anomalies({ store, answered, queue, base, traces }: Evidence): Promise<readonly string[]> {
  const wrong: string[] = [];
  const rowsOf = new Map<string, QueuedJob[]>();
  const start = `${base}/jobs/`;
  for (const row of queue) {
    if (row.command?.startsWith(start) !== true) continue;
    const id = row.command.slice(start.length).split("/")[0] ?? "";
    rowsOf.set(id, [...(rowsOf.get(id) ?? []), row]);
  }
  const known = new Set(answered.values());
  for (const id of rowsOf.keys()) if (!known.has(id)) wrong.push(`Slurm has a job ${id} that nobody was told of`);

  const stored = new Map((await store.getAll([...known])).map((job) => [job.id, job]));
  for (const [number, id] of answered) {
    const job = stored.get(id);
    if (job === undefined) {
      wrong.push(`job ${number} (${id}) was answered and is not in the store`);
      continue;
    }
    const rows = rowsOf.get(id) ?? [];
    const runs = textOf(`${traces}/${number}`).trim().split("\n").filter(Boolean);
    const problems = [
      ...countProblems(number, job, rows),
      ...stateProblems(number, job, rows),
      ...runProblems(number, job, rows, runs),
    ];
    wrong.push(...problems.map((problem) => `job ${number} (${id}): ${problem}`));
  }
  return wrong;
}

function nativesOf(rows: readonly QueuedJob[]): readonly string[] {
  return [...new Set(rows.map(({ array, jobId }) => String(array?.jobId ?? jobId)))];
}

function countProblems(number: number, job: StoredJob, rows: readonly QueuedJob[]): readonly string[] {
  const natives = nativesOf(rows);
  // One that was cancelled before its turn never gets there.
  const neverSent = fateOf(number) === "cancelled" && job.nativeId === undefined;
  if (natives.length !== (neverSent ? 0 : 1)) {
    return [`Slurm has ${natives.length} of it (${natives.join(", ")}), the store has ${job.nativeId ?? "none"}`];
  }
  return natives[0] === job.nativeId ? [] : [`the store has native id ${job.nativeId}, Slurm ${natives[0]}`];
}

function stateProblems(number: number, job: StoredJob, rows: readonly QueuedJob[]): readonly string[] {
  const fate = fateOf(number);
  const wrong: string[] = [];
  if (job.state !== fate)
    wrong.push(`the store says ${job.state} (${job.reason ?? "no reason"}), its fate was ${fate}`);
  if (job.freshness !== "fresh") wrong.push(`it is ${job.freshness}`);
  const inSlurm = new Set(rows.map(({ state, reason }): JobState => toJobState(state, reason)));
  for (const state of inSlurm) if (state !== job.state) wrong.push(`the store says ${job.state}, Slurm ${state}`);
  const [row] = rows;
  const ended = job.state === "completed" || job.state === "failed";
  if (row !== undefined && ended && tasksOf(number) === undefined) {
    const ends = [job.exit, row.exit].map((exit) => `${exit?.status}:${exit?.signal}`);
    if (ends[0] !== ends[1]) wrong.push(`the store says exit ${ends[0]}, Slurm ${ends[1]}`);
  }
  return wrong;
}

/** A job runs once for each time that Slurm itself began it. */
function runProblems(
  number: number,
  job: StoredJob,
  rows: readonly QueuedJob[],
  runs: readonly string[],
): readonly string[] {
  const wrong: string[] = [];
  if (new Set(runs).size !== runs.length) wrong.push(`one run of it happened twice: ${runs.join(", ")}`);
  const foreign = runs.filter((run) => !run.startsWith(`${job.nativeId} `));
  if (foreign.length > 0) wrong.push(`it ran as ${foreign.join(", ")}, and is ${job.nativeId}`);
  const tasks = new Set(runs.map((run) => run.split(" ")[1]));
  const fate = fateOf(number);
  const expected = fate === "held" || fate === "cancelled" ? 0 : (tasksOf(number) ?? 1);
  if (tasks.size !== expected) wrong.push(`${tasks.size} tasks of it ran, not ${expected}`);
  const begun = rows.reduce((sum, { restarts }) => sum + 1 + restarts, 0);
  if (expected > 0 && runs.length > begun) wrong.push(`it ran ${runs.length} times, Slurm began it ${begun} times`);
  return wrong;
}
