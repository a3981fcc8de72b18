import { SluiceError } from "../../errors.ts";
import { finalStates, type JobState } from "../../schema/job.ts";
import type { JobDependency, StoredJob, Submission } from "../../schema/stored-job.ts";
import { parseArguments } from "../../slurm/batch/parse-arguments.ts";
import { readScript } from "../../slurm/batch/read-script.ts";
import { formatDependency, parseDependency, type DependencyTerm } from "../../slurm/values/dependency.ts";
import type { JobStore } from "../store.ts";

export type ResolvedDependencies =
  /** The value of --dependency, with what the job's own options say; absent where nothing is left to wait for. */
  | { readonly ready: string | undefined }
  /** Jobs that the scheduler does not have yet. */
  | { readonly waitsFor: readonly string[] }
  /** Can never be met, in words. */
  | { readonly impossible: string };

/**
 * Turns Sluice's ids into native ones. A job that has ended is judged here, since the scheduler may have forgotten it: a
 * condition that it meets falls away, and one that it cannot meet any more makes the dependent job impossible, as sbatch
 * refuses a dependency on a job that it does not know.
 */
export async function resolveDependencies(store: JobStore, submission: Submission): Promise<ResolvedDependencies> {
  const { dependencies } = submission;
  if (dependencies === undefined) return { ready: undefined };
  const found = await store.getAll([...new Set(dependencies.on.map(({ jobId }) => jobId))]);
  const byId = new Map(found.map((job) => [job.id, job]));
  const terms: DependencyTerm[] = [];
  const waitsFor: string[] = [];
  const failed: string[] = [];
  let isMet = false;
  for (const dependency of dependencies.on) {
    const job = byId.get(dependency.jobId);
    const verdict = job === undefined ? undefined : await judge(store, dependency, job);
    if (job === undefined || verdict === "never") failed.push(inWords(dependency, job));
    else if (verdict === "met") isMet = true;
    else if (job.nativeId === undefined) waitsFor.push(job.id);
    else terms.push(toTerm(dependency, job.nativeId));
  }
  const isAny = dependencies.needs === "any";
  if (failed.length > 0 && !(isAny && (isMet || terms.length > 0 || waitsFor.length > 0))) {
    return { impossible: failed.join("; ") };
  }
  if (isAny && isMet) return { ready: joinedDependency(submission, []) };
  if (waitsFor.length > 0) return { waitsFor };
  return { ready: joinedDependency(submission, terms) };
}

type Verdict = "met" | "never" | "open";

async function judge(store: JobStore, dependency: JobDependency, job: StoredJob): Promise<Verdict> {
  const { condition } = dependency;
  const state = await stateOf(store, dependency, job);
  const began = job.startedAt !== undefined;
  // A job that runs has begun; how long ago it must have, the scheduler sees to.
  if (!finalStates.has(state)) return "open";
  if (condition === "after" || condition === "afterany") return "met";
  // Only what the scheduler has had can have a burst buffer, or tasks that others follow one by one.
  if (condition === "afterburstbuffer") return began ? "met" : "never";
  const succeeded = state === "completed";
  return succeeded === (condition !== "afternotok") ? "met" : "never";
}

async function stateOf(store: JobStore, { task }: JobDependency, job: StoredJob): Promise<JobState> {
  if (task === undefined || !finalStates.has(job.state)) return job.state;
  const tasks = await store.tasksOf(job.id);
  return tasks.find(({ nativeId }) => nativeId === `${job.nativeId}_${task}`)?.state ?? job.state;
}

/** A dependency as the scheduler is told it. */
export function toTerm({ condition, task, delayMinutes }: JobDependency, nativeId: string): DependencyTerm {
  return {
    kind: condition,
    // Another scheduler's id may have more to it than Slurm's number.
    job: Number(/\d+$/.exec(nativeId)?.[0]),
    ...(task !== undefined && { task }),
    ...(delayMinutes !== undefined && { delayMinutes }),
  };
}

function inWords({ condition, jobId }: JobDependency, job: StoredJob | undefined): string {
  const fate = job === undefined ? "is not known" : `is ${job.state}`;
  return `${condition} job ${jobId}, which ${fate}, can never be met`;
}

/** The value of --dependency: ours beside those of the job's own options, which a later one would put aside. */
export function joinedDependency(submission: Submission, terms: readonly DependencyTerm[]): string | undefined {
  const own = ownDependency(submission);
  const all = [...own.terms, ...terms];
  return all.length === 0 ? undefined : formatDependency({ needs: needsOf(submission), terms: all });
}

function needsOf(submission: Submission): "all" | "any" {
  const own = ownDependency(submission);
  const needs = submission.dependencies?.needs ?? own.needs;
  return own.terms.length > 1 ? own.needs : needs;
}

/** What the script and the options say, in native ids. */
function ownDependency({
  script,
  options,
}: Pick<Submission, "script" | "options">): ReturnType<typeof parseDependency> {
  const text = readScript(Buffer.from(script, "base64").toString("utf8"));
  const given = [...text.components[0], ...parseArguments(options).components[0]];
  return parseDependency(given.findLast(({ option }) => option.name === "dependency")?.value ?? "");
}

/**
 * Checks, before a job is accepted, that its dependencies can be put to its cluster: the other jobs are there, on the same
 * cluster, and the conditions of its own options do not contradict. Throws `INPUT_INVALID`.
 */
export async function checkDependencies(
  submission: Submission,
  cluster: string,
  find: (jobId: string) => Promise<StoredJob | undefined>,
): Promise<void> {
  const { dependencies } = submission;
  if (dependencies === undefined) return;
  for (const [at, { jobId, task }] of dependencies.on.entries()) {
    const field = `dependencies.on[${at}].jobId`;
    const job = await find(jobId);
    if (job === undefined) throw invalid(field, `there is no job ${JSON.stringify(jobId.slice(0, 60))}`);
    if (job.cluster !== cluster) {
      const problem = `job ${jobId} is on cluster "${job.cluster}", this one on "${cluster}"; jobs can wait for jobs of their own cluster alone`;
      throw invalid(field, problem);
    }
    if (task !== undefined && job.tasks !== undefined && !job.tasks.includes(task)) {
      throw invalid(`dependencies.on[${at}].task`, `job ${jobId} has no task ${task}`);
    }
  }
  const own = ownDependency(submission);
  if (own.terms.length > 1 && dependencies.on.length > 0 && own.needs !== dependencies.needs) {
    throw invalid(
      "dependencies.needs",
      `the job's own --dependency needs ${own.needs} of its conditions; ask for the same`,
    );
  }
}

function invalid(field: string, problem: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field}: ${problem}`, { details: { field } });
}
