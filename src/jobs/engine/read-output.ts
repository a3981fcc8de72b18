import { SluiceError } from "../../errors.ts";
import { finalStates, type JobObservation } from "../../schema/job.ts";
import type { StoredEvent } from "../../schema/stored-event.ts";
import type { StoredJob, StoredTask } from "../../schema/stored-job.ts";
import type { Clock } from "../clock.ts";
import type { OutputFile } from "../cluster.ts";
import type { OutputBytes, OutputRequest } from "../job-service.ts";
import type { Bell } from "./bell.ts";
import { toSubmitted } from "./owned-cluster.ts";
import type { OfUser, UsersCluster } from "./users-cluster.ts";

const chunkBytes = 256 * 1024;
/** The search for the last lines goes back so far at most. */
const tailBytes = 16 * 1024 * 1024;
const tailBlock = 64 * 1024;
/** Waits between two reads in milliseconds, while the file does not grow. */
const pace = { first: 50, factor: 1.4, longest: 1_000 } as const;
/** What a job wrote last may reach a shared file system only after its end is known. */
const settleMs = 30;

export interface OutputSource {
  readonly clock: Clock;
  /** The job, or `undefined` when it has gone. */
  job(): Promise<StoredJob | undefined>;
  tasks(): Promise<readonly StoredTask[]>;
  /** To ask the scheduler. */
  cluster(): Promise<UsersCluster>;
  /** To read files, which costs the scheduler nothing. */
  files(): Promise<UsersCluster>;
  /** Rings when what is read has ended: nothing more is worth waiting for. */
  readonly end: Bell;
}

/**
 * A job's output from an offset on, as it grows where that was asked for, to the job's end. A file that became shorter is
 * read from its start again: its job was requeued, or the file rotated. Ends at once, without a byte, where there is no
 * output yet and none was waited for.
 */
export async function* readOutput(
  source: OutputSource,
  request: OutputRequest,
  signal: AbortSignal,
): AsyncGenerator<OutputBytes> {
  const { clock } = source;
  let file: OfUser<OutputFile> | undefined;
  let offset = request.offset;
  let wait: number = pace.first;
  /** Files come and go: one that has been seen need not be there at the end. */
  let isSeen = false;
  const ended = endWatch(source, request);
  for (;;) {
    if (signal.aborted) return;
    const job = await source.job();
    if (job === undefined) return;
    // Looked at before the file is: what is written after the end is not the job's.
    const isOver = await ended(job);
    if (isOver && request.follow) await clock.sleep(settleMs, signal);
    file ??= await fileOf(source, job, request, signal);
    if (file !== undefined) {
      const cluster = await source.files();
      offset ??= request.tailLines === undefined ? 0 : await tailOffset(cluster, file, request.tailLines, signal);
      for (;;) {
        const slice = await cluster.readOutput(file, { offset, maxBytes: chunkBytes }, signal);
        if (slice === undefined) {
          if (isOver && !isSeen) await requireNeverBegun(source, job, file);
          break;
        }
        isSeen = true;
        if (slice.size < offset) {
          // Past the end of a file that never was so long: nothing to give, and nothing to give again.
          if (!request.follow) return;
          offset = 0;
          continue;
        }
        if (slice.bytes.length === 0) break;
        yield { offset, bytes: slice.bytes, path: file.path };
        offset += slice.bytes.length;
        wait = pace.first;
        if (signal.aborted) return;
      }
    }
    if (isOver || !request.follow) return;
    await source.end.wait(wait, { clock, signal });
    wait = Math.min(wait * pace.factor, pace.longest);
  }
}

/** Whether an event says that the job, or the task that is read, has ended. */
export function isEnd(event: StoredEvent, jobId: string, { task }: OutputRequest): boolean {
  if (event.jobId !== jobId) return false;
  const isWhole = event.type === "state";
  const isTask = event.type === "task" && task !== undefined && event.data.nativeId.endsWith(`_${task}`);
  return (isWhole || isTask) && finalStates.has(event.data.state);
}

/** Says whether the job, or the task that is read, has ended. Tasks are looked up only where the job has changed. */
function endWatch(source: OutputSource, { task }: OutputRequest): (job: StoredJob) => Promise<boolean> {
  let last: { readonly version: number; readonly isOver: boolean } | undefined;
  return async (job) => {
    if (finalStates.has(job.state) || task === undefined) return finalStates.has(job.state);
    if (last?.version !== job.version) {
      const found = (await source.tasks()).find(({ nativeId }) => nativeId === `${job.nativeId}_${task}`);
      last = { version: job.version, isOver: found !== undefined && finalStates.has(found.state) };
    }
    return last.isOver;
  };
}

/** Throws `FILE_UNREADABLE` where a job or task has begun, and so has had an output file that is not to be seen. */
async function requireNeverBegun(
  source: OutputSource,
  job: StoredJob,
  { nativeId, stream, path }: OutputFile,
): Promise<void> {
  const { startedAt } =
    nativeId === job.nativeId ? job : ((await source.tasks()).find((task) => task.nativeId === nativeId) ?? {});
  if (startedAt === undefined) return;
  throw new SluiceError(
    "FILE_UNREADABLE",
    `the ${stream} of job ${nativeId} cannot be seen: ${path} is not on "${job.cluster}" any more, or not where it is reached from`,
    { details: { path, jobId: job.id } },
  );
}

async function fileOf(
  source: OutputSource,
  job: StoredJob,
  { stream, task }: OutputRequest,
  signal: AbortSignal,
): Promise<OfUser<OutputFile> | undefined> {
  const submitted = toSubmitted(job);
  if (submitted === undefined) return undefined;
  if (job.tasks !== undefined && task === undefined) {
    throw new SluiceError("INPUT_INVALID", `task: job ${job.id} is an array; say which of its tasks is meant`, {
      details: { field: "task" },
    });
  }
  if (task !== undefined && job.tasks?.includes(task) !== true) {
    throw new SluiceError("INPUT_INVALID", `task: job ${job.id} has no task ${task}`, { details: { field: "task" } });
  }
  const nativeId = task === undefined ? submitted.nativeId : `${submitted.nativeId}_${task}`;
  const known = task === undefined ? job : (await source.tasks()).find((one) => one.nativeId === nativeId);
  const path = stream === "stdout" ? known?.stdoutPath : known?.stderrPath;
  if (path !== undefined) return { stream, path, nativeId, user: submitted.user };
  const observation: JobObservation = { nativeId, state: known?.state ?? job.state, rawState: known?.rawState ?? "" };
  const files = await (await source.cluster()).outputs(submitted, [observation], signal);
  return files.find((file) => file.stream === stream);
}

/** Where the last so many lines begin; a line that does not end counts too. */
async function tailOffset(
  cluster: UsersCluster,
  file: OfUser<OutputFile>,
  lines: number,
  signal: AbortSignal,
): Promise<number> {
  const size = (await cluster.readOutput(file, { offset: 0, maxBytes: 0 }, signal))?.size ?? 0;
  if (lines <= 0) return size;
  let found = 0;
  for (let end = size; end > 0 && size - end < tailBytes;) {
    const start = Math.max(0, end - tailBlock);
    const slice = await cluster.readOutput(file, { offset: start, maxBytes: end - start }, signal);
    const bytes = slice?.bytes ?? new Uint8Array();
    for (let at = bytes.length - 1; at >= 0; at -= 1) {
      // The line end at the very end closes the last line.
      if (bytes[at] !== 10 || start + at === size - 1) continue;
      found += 1;
      if (found === lines) return start + at + 1;
    }
    end = start;
  }
  return Math.max(0, size - tailBytes);
}
