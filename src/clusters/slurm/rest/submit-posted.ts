import { randomUUID } from "node:crypto";
import { basename } from "node:path/posix";
import { SluiceError } from "../../../errors.ts";
import type { SubmitRequest, SubmittedJob } from "../../../jobs/cluster.ts";
import type { Runner } from "../../../jobs/runner.ts";
import { readRestSubmission } from "../../../slurm/rest/rest-submission.ts";
import type { RestVersion } from "../../../slurm/rest/rest-version.ts";
import { overtaken } from "../../overtaken.ts";
import { jobDirectory } from "../job-folder.ts";
import { isSealed } from "../sealed.ts";
import { submittedJob, type SubmitAnswer } from "../submit-jobs.ts";
import { underWay } from "../submit-once.ts";
import { environmentName, userScriptName } from "../wrapper.ts";
import type { FolderCheck } from "./folder-check.ts";
import { writePostedJob, type PostedJob } from "./posted-job.ts";
import { markPosted, unmarkPosted } from "./posted-mark.ts";
import { latestStartMs, postDeadlineMs } from "./request-times.ts";
import type { RestSession } from "./rest-session.ts";
import type { SubmitHost } from "./submit-host.ts";

export interface PostingDeps {
  readonly runner: Runner;
  readonly session: RestSession;
  readonly base: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly host: SubmitHost;
  readonly version: RestVersion;
  readonly canEnter: FolderCheck;
  /** The job of that id where the scheduler has it already. */
  readonly find: (jobId: string, signal: AbortSignal) => Promise<SubmittedJob | undefined>;
}

/**
 * Submits a job by slurmrestd, at most once: its folder is marked before the request is sent, and whoever finds a mark looks
 * for the job before sending again, no sooner than nothing can come of the first request any more (`find-posted.ts`).
 * Answers `bySbatch`, with nothing left behind, for a job of which slurmrestd cannot be told all.
 */
export async function submitPosted(
  deps: PostingDeps,
  request: SubmitRequest,
  signal: AbortSignal,
): Promise<SubmitAnswer | "bySbatch"> {
  const { runner, base, environment, host, version } = deps;
  const { jobId } = request;
  const directory = jobDirectory(base, jobId);
  const requestId = randomUUID();
  let isNew = false;
  try {
    const job = writePostedJob(request, { version, host, directory, requestId, environment });
    if ("unsaid" in job) return "bySbatch";
    if (job.workDirectory !== directory && !(await deps.canEnter(job.workDirectory, signal))) {
      throw noSuchFolder(job.workDirectory);
    }
    isNew = await runner.makeDirectory(directory, { mode: 0o700 }, signal);
    const known = isNew ? undefined : await deps.find(jobId, signal);
    if (known !== undefined) return known;
    await writeFiles(runner, directory, request, job, signal);
    const posting = { directory, requestId, attempt: request.attempt ?? 1, body: job.body };
    const nativeId = await postOnce(deps, posting, signal);
    return submittedJob({ jobId, nativeId, directory, note: job.note });
  } catch (error) {
    // What ends an attempt has to stay.
    const isOvertaken = error instanceof SluiceError && error.code === "CLUSTER_BUSY";
    if (isNew && !isOvertaken && !mayHaveRun(error)) {
      await runner.removeDirectory(directory, AbortSignal.timeout(10_000)).catch(() => {});
    }
    return { error };
  }
}

function writeFiles(
  runner: Runner,
  directory: string,
  { script }: SubmitRequest,
  { note, environment }: PostedJob,
  signal: AbortSignal,
): Promise<unknown> {
  const write = (file: string, content: string | Uint8Array, mode: number): Promise<void> =>
    runner.writeFile(`${directory}/${file}`, content, { mode }, signal);
  return Promise.all([
    write("job.json", `${JSON.stringify(note)}\n`, 0o600),
    write(userScriptName, script, 0o700),
    ...(environment === undefined ? [] : [write(environmentName, environment, 0o600)]),
  ]);
}

interface Posting {
  readonly directory: string;
  readonly requestId: string;
  readonly attempt: number;
  readonly body: string;
}

/** The native id. After a failure of which it is known that nothing came of the request, its mark is gone. */
async function postOnce(
  { runner, session }: PostingDeps,
  { directory, requestId, attempt, body }: Posting,
  signal: AbortSignal,
): Promise<string> {
  const begun = performance.now();
  if (!(await markPosted(runner, directory, requestId, signal))) throw underWay(directory);
  let nativeId: string;
  try {
    if (await isSealed(runner, directory, attempt, signal)) throw overtaken(basename(directory));
    if (performance.now() - begun > latestStartMs) throw heldUp(directory);
    const reply = await session.call("POST", "job/submit", { body, signal, deadlineMs: postDeadlineMs });
    nativeId = readRestSubmission(reply);
  } catch (error) {
    if (!mayHaveRun(error)) await unmarkPosted(runner, directory, AbortSignal.timeout(10_000)).catch(() => {});
    throw error;
  }
  // Where this fails the job is found all the same, in the queue.
  await runner.writeFile(`${directory}/id`, `${nativeId}\n`, { mode: 0o600 }, signal).catch(() => {});
  return nativeId;
}

/** Errors of one's own making, before anything was sent, or of slurmctld's. */
const conclusive: ReadonlySet<string> = new Set([
  "SUBMIT_REJECTED",
  "SCRIPT_INVALID",
  "INPUT_INVALID",
  "FORMAT_INVALID",
  "CONFIG_INVALID",
  "FILE_UNWRITABLE",
]);

/** Whether a job may have come of it all the same; what is not known for certain is taken for possible. */
function mayHaveRun(error: unknown): boolean {
  if (!(error instanceof SluiceError)) return true;
  const { mayHaveRun: said } = error.details;
  return said === undefined ? !conclusive.has(error.code) : said !== false;
}

function heldUp(directory: string): SluiceError {
  const message = `the job in ${directory} was held up before it could be sent, and was not sent`;
  return new SluiceError("CLUSTER_UNREACHABLE", message, { details: { directory, mayHaveRun: false } });
}

function noSuchFolder(path: string): SluiceError {
  const message = `the folder "${path}" to start in cannot be entered on the cluster`;
  return new SluiceError("SUBMIT_REJECTED", message, { details: { field: "workDirectory", path } });
}
