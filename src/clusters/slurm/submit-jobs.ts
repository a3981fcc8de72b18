import { randomUUID } from "node:crypto";
import { SluiceError } from "../../errors.ts";
import type { SubmitRequest, SubmittedJob } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import type { Command } from "../../schema/command.ts";
import { sbatch } from "../../slurm/commands/sbatch.ts";
import { submitterEnvironment } from "../caller-environment.ts";
import { writeChanges } from "./environment-file.ts";
import { jobDirectory, type JobNote } from "./job-folder.ts";
import { planSubmission } from "./submission.ts";
import { submitOnce, underWay, type FolderFile, type OnceAnswer, type OnceRequest } from "./submit-once.ts";
import { environmentName, userScriptName, wrapperName } from "./wrapper.ts";

export interface SubmitDeps {
  readonly runner: Runner;
  readonly base: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The job of this id, where the scheduler has it. Throws while that cannot be said. */
  readonly find: (jobId: string, signal: AbortSignal) => Promise<SubmittedJob | undefined>;
}

export type SubmitAnswer = SubmittedJob | { readonly error: unknown };

/** sbatch asks slurmctld and may wait out a busy one; far above its MessageTimeout of 10 s. */
const submitDeadlineMs = 120_000;

/**
 * Submits jobs, each at most once, with one answer for each, in order. A job whose folder is there already was begun before:
 * it is looked for, and submitted from the folder that there is where nothing came of that.
 */
export async function submitJobs(
  deps: SubmitDeps,
  requests: readonly SubmitRequest[],
  signal: AbortSignal,
): Promise<readonly SubmitAnswer[]> {
  const planned = requests.map((request) => planJob(deps, request));
  const first = await submitReady(deps, planned.filter(isReady), signal);
  const takenUp = new Map<PlannedJob, PlannedJob | SubmittedJob | Failed>();
  const takeUpUnplaced = [...first].map(async ([job, answer]) => {
    if ("unplaced" in answer) takenUp.set(job, await takeUp(deps, job, signal));
  });
  await Promise.all(takeUpUnplaced);
  const second = await submitReady(deps, [...takenUp.values()].filter(isReady), signal);
  return Promise.all(
    planned.map(async (one) => {
      const job = isReady(one) ? (takenUp.get(one) ?? one) : one;
      if (!isReady(job)) return job;
      const answer = second.get(job) ?? first.get(job) ?? { error: new Error("a submission has no answer") };
      if ("unplaced" in answer) return { error: underWay(job.directory) };
      if ("nativeId" in answer) return submittedJob({ ...job, nativeId: answer.nativeId });
      // What this submission has made goes with it, where the failure itself says that no job came of it.
      const isNew = job.files !== undefined || job.isNew === true;
      if (isNew && wasNotTaken(answer.error)) {
        await deps.runner.removeDirectory(job.directory, AbortSignal.timeout(10_000)).catch(() => {});
      }
      return answer;
    }),
  );
}

/** In a job's folder: what makes the environment of this process into the one from which the job is submitted. */
const submitterName = "submitter-environment";

/**
 * The command in the environment that a file makes: values stand in no argument, where others could read them. The program
 * is the one that is found without it.
 */
function afterSourcing<T>(file: string, command: Command<T>): Command<T> {
  const script =
    '_sluice_program=$(command -v "$2") || _sluice_program=$2; . "$1"; shift 2; exec "$_sluice_program" "$@"';
  return { ...command, argv: ["sh", "-c", script, "sluice-submitter", file, ...command.argv] };
}

/** A job as it is put to sbatch. */
interface PlannedJob extends OnceRequest {
  readonly jobId: string;
  readonly note: JobNote;
  /** Of one without `files`: whether its folder was made for this submission. */
  readonly isNew?: boolean;
}

interface Failed {
  readonly error: unknown;
}

function planJob({ base, environment }: SubmitDeps, request: SubmitRequest): PlannedJob | Failed {
  const directory = jobDirectory(base, request.jobId);
  const submitter = submitterEnvironment(request, environment);
  try {
    const plan = planSubmission(request, directory, submitter);
    const batch = sbatch({ script: `${directory}/${wrapperName}`, args: request.args, options: plan.options });
    const changes = writeChanges(environment, submitter);
    return {
      jobId: request.jobId,
      directory,
      workDirectory: request.workDirectory ?? directory,
      attempt: request.attempt ?? 1,
      batch: changes === undefined ? batch : afterSourcing(`${directory}/${submitterName}`, batch),
      note: plan.note,
      files: [
        { name: "job.json", mode: 0o600, content: `${JSON.stringify(plan.note)}\n` },
        { name: userScriptName, mode: 0o700, content: request.script },
        { name: wrapperName, mode: 0o700, content: plan.wrapper },
        ...(plan.environment === undefined
          ? []
          : [{ name: environmentName, mode: 0o600, content: plan.environment } satisfies FolderFile]),
        ...(changes === undefined ? [] : [{ name: submitterName, mode: 0o600, content: changes } satisfies FolderFile]),
      ],
    };
  } catch (error) {
    return { error };
  }
}

async function submitReady(
  { runner, base }: SubmitDeps,
  jobs: readonly PlannedJob[],
  signal: AbortSignal,
): Promise<ReadonlyMap<PlannedJob, OnceAnswer>> {
  if (jobs.length === 0) return new Map();
  const submit = async (): Promise<readonly OnceAnswer[]> => {
    const locks = `${base}/locks`;
    await Promise.all([locks, `${base}/jobs`].map((path) => runner.makeDirectory(path, { mode: 0o700 }, signal)));
    const boundary = randomUUID();
    const command = submitOnce({ boundary, lock: `${locks}/${boundary}` }, jobs);
    return runner.run(command, { signal, deadlineMs: submitDeadlineMs * jobs.length });
  };
  const answers = await submit().catch((error: unknown) => jobs.map(() => ({ error })));
  return new Map(jobs.map((job, at) => [job, answers[at] ?? { error: new Error("a submission has no answer") }]));
}

/** Makes a job ready of which the folder was there, or could not be made in the quick way. */
async function takeUp(
  { runner, find }: SubmitDeps,
  { files = [], ...job }: PlannedJob,
  signal: AbortSignal,
): Promise<PlannedJob | SubmittedJob | Failed> {
  const { jobId, directory } = job;
  try {
    const isNew = await runner.makeDirectory(directory, { mode: 0o700 }, signal);
    if (!isNew) {
      const known = await find(jobId, signal);
      if (known !== undefined) return known;
    }
    await Promise.all(
      files.map(({ name, mode, content }) => runner.writeFile(`${directory}/${name}`, content, { mode }, signal)),
    );
    return { ...job, isNew };
  } catch (error) {
    return { error };
  }
}

function isReady(job: PlannedJob | SubmittedJob | Failed): job is PlannedJob {
  return "batch" in job;
}

/** What is known of a job once the scheduler has it. */
export function submittedJob({
  jobId,
  nativeId,
  directory,
  note,
}: Pick<SubmittedJob, "jobId" | "nativeId" | "directory"> & { readonly note: JobNote }): SubmittedJob {
  return { jobId, nativeId, directory, ...(note.tasks !== undefined && { tasks: note.tasks }) };
}

/** Whether the failure itself says that no job came of it. */
function wasNotTaken(error: unknown): boolean {
  if (!(error instanceof SluiceError)) return false;
  const codes: readonly string[] = ["SUBMIT_REJECTED", "SLURM_MISSING", "CONFIG_INVALID", "FILE_UNWRITABLE"];
  return codes.includes(error.code) || /connect failure/.test(error.message);
}
