import { randomUUID } from "node:crypto";
import { SluiceError } from "../../../errors.ts";
import type { SubmitRequest, SubmittedJob } from "../../../jobs/cluster.ts";
import type { Runner } from "../../../jobs/runner.ts";
import { readRestSubmission } from "../../../slurm/rest/rest-submission.ts";
import { jobDirectory, type JobNote } from "../job-folder.ts";
import { environmentName, userScriptName } from "../wrapper.ts";
import { closeAttempts, markAttempts, type MarkAnswer } from "./mark-attempts.ts";
import { writePostedJob, type PostedJob } from "./posted-job.ts";
import type { RestSession } from "./rest-session.ts";
import type { SubmitHost } from "./submit-host.ts";

/** A request is not sent later than this after its mark was made, and not waited for longer than that. */
const latestStartMs = 5_000;
const postDeadlineMs = 25_000;

/**
 * How long after its mark was made a request may still reach slurmrestd, whoever sent it and whatever became of them since.
 */
export const requestSeconds = (latestStartMs + postDeadlineMs) / 1000;

export interface PostingDeps {
  readonly runner: Runner;
  readonly session: RestSession;
  readonly base: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly host: SubmitHost;
  /** The job of that id where the scheduler has it already. */
  readonly find: (jobId: string, signal: AbortSignal) => Promise<SubmittedJob | undefined>;
}

export type SubmitAnswer = SubmittedJob | { readonly error: unknown };

/** What was posted, or `bySbatch` for a job of which slurmrestd cannot be told all; nothing of it is left behind. */
export type PostAnswer = SubmitAnswer | "bySbatch";

/**
 * Submits jobs by slurmrestd, each at most once: its folder is marked before the request is sent, whoever finds a mark looks
 * for the job before sending again, and no sooner than nothing can come of the first request any more (`find-posted.ts`).
 */
export async function submitPosted(
  deps: PostingDeps,
  requests: readonly SubmitRequest[],
  signal: AbortSignal,
): Promise<readonly PostAnswer[]> {
  const { runner, session } = deps;
  const version = await session.version(signal);
  const attempt = `${deps.base}/locks/rest-${randomUUID()}`;
  const placed = await Promise.all(requests.map((request) => place({ ...deps, version, attempt }, request, signal)));
  const ready = placed.filter((one) => typeof one === "object" && "body" in one);
  if (ready.length === 0) return placed.map(withoutFolder);

  const begun = performance.now();
  const marks = await runner
    .run(markAttempts(attempt, ready), { signal })
    .catch((error: unknown): MarkAnswer[] => ready.map(() => ({ error: asError(error) })));
  const outcomes = new Map<Placed, Outcome>();
  await Promise.all(
    ready.map(async (one, at) => outcomes.set(one, await post(session, one, marks[at] ?? notMarked, begun, signal))),
  );
  const closed = [...outcomes].flatMap(([{ directory }, outcome]) => {
    if ("nativeId" in outcome) return [{ directory, nativeId: outcome.nativeId }];
    return outcome.taken === "no" ? [{ directory }] : [];
  });
  // Where this fails the jobs are found all the same, in the queue.
  if (closed.length > 0) await runner.run(closeAttempts(attempt, closed), { signal }).catch(() => {});

  return Promise.all(
    placed.map(async (one): Promise<PostAnswer> => {
      if (typeof one !== "object" || !("body" in one)) return withoutFolder(one);
      const outcome = outcomes.get(one);
      if (outcome === undefined) return { error: new Error("a submission has no outcome") };
      if ("nativeId" in outcome) return toSubmitted(one, outcome.nativeId);
      if (outcome.taken === "no" && one.isNew) await removeFolder(runner, one.directory);
      return { error: outcome.error };
    }),
  );
}

/** A job whose folder is ready. */
interface Placed extends PostedJob {
  readonly jobId: string;
  readonly directory: string;
  readonly isNew: boolean;
}

async function place(
  deps: PostingDeps & Pick<Parameters<typeof writePostedJob>[1], "version" | "attempt">,
  request: SubmitRequest,
  signal: AbortSignal,
): Promise<Placed | PostAnswer> {
  const { runner, base, environment, host, version, attempt } = deps;
  const directory = jobDirectory(base, request.jobId);
  let isNew = false;
  try {
    const job = writePostedJob(request, { version, host, directory, attempt, environment });
    if ("unsaid" in job) return "bySbatch";
    isNew = await runner.makeDirectory(directory, { mode: 0o700 }, signal);
    if (!isNew) {
      const known = await deps.find(request.jobId, signal);
      if (known !== undefined) return known;
    }
    const write = (file: string, content: string | Uint8Array, mode: number): Promise<void> =>
      runner.writeFile(`${directory}/${file}`, content, { mode }, signal);
    await Promise.all([
      write("job.json", `${JSON.stringify(job.note)}\n`, 0o600),
      write(userScriptName, request.script, 0o700),
      ...(job.environment === undefined ? [] : [write(environmentName, job.environment, 0o600)]),
    ]);
    return { ...job, jobId: request.jobId, directory, isNew };
  } catch (error) {
    if (isNew) await removeFolder(runner, directory);
    return { error };
  }
}

/** What became of one request; a job of which it is not known may have been taken. */
type Outcome = { readonly nativeId: string } | { readonly error: unknown; readonly taken: "no" | "unknown" };

const notMarked: MarkAnswer = { error: new SluiceError("CLUSTER_UNREACHABLE", "the job's folder was not marked") };

async function post(
  session: RestSession,
  { body, jobId }: Placed,
  mark: MarkAnswer,
  begun: number,
  signal: AbortSignal,
): Promise<Outcome> {
  if (mark !== "marked") {
    if ("nativeId" in mark) return mark;
    // A refusal of the folder's is for certain; anything else may be the mark of another submission.
    const refused = mark.error.code === "SUBMIT_REJECTED" || mark.error.code === "FILE_UNWRITABLE";
    return { error: mark.error, taken: refused ? "no" : "unknown" };
  }
  if (performance.now() - begun > latestStartMs) {
    const message = `job ${jobId} was held up before it could be sent, and was not sent`;
    return { error: new SluiceError("CLUSTER_UNREACHABLE", message, { details: { mayHaveRun: false } }), taken: "no" };
  }
  try {
    const reply = await session.call("POST", "job/submit", { body, signal, deadlineMs: postDeadlineMs });
    return { nativeId: readRestSubmission(reply) };
  } catch (error) {
    return { error, taken: mayHaveRun(error) ? "unknown" : "no" };
  }
}

/** What is not known for certain is taken for possible. */
function mayHaveRun(error: unknown): boolean {
  if (!(error instanceof SluiceError)) return true;
  const { mayHaveRun: said } = error.details;
  return said === undefined ? !(error.code === "SUBMIT_REJECTED" || error.code === "CONFIG_INVALID") : said !== false;
}

function toSubmitted({ jobId, directory, note }: Placed, nativeId: string): SubmittedJob {
  return submittedJob(jobId, nativeId, directory, note);
}

/** A job that the scheduler has. */
export function submittedJob(jobId: string, nativeId: string, directory: string, note: JobNote): SubmittedJob {
  return { jobId, nativeId, directory, ...(note.tasks !== undefined && { tasks: note.tasks }) };
}

function withoutFolder(one: Placed | PostAnswer): PostAnswer {
  if (typeof one === "object" && "body" in one) return { error: new Error("a placed job was not posted") };
  return one;
}

function removeFolder(runner: Runner, directory: string): Promise<void> {
  return runner.removeDirectory(directory, AbortSignal.timeout(10_000)).catch(() => {});
}

function asError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  return new SluiceError("CLUSTER_UNREACHABLE", "the job's folder could not be marked", { cause: error });
}
