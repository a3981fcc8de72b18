import { SluiceError } from "../errors.ts";
import { finalStates, type JobObservation } from "../schema/job.ts";
import type { Clock } from "./clock.ts";
import type { Cluster, OutputFile, SubmittedJob } from "./cluster.ts";
import { OutputReader, type OutputChunk } from "./output-reader.contract.ts";

export type JobEvent =
  /** What one look at the cluster found to be new. */
  | { readonly type: "observed"; readonly changes: readonly ObservedChange[] }
  | ({ readonly type: "output" } & OutputChunk)
  /** The cluster has stopped answering; the job goes on, and so does the waiting. */
  | { readonly type: "unreachable"; readonly error: SluiceError }
  | { readonly type: "reachable" }
  /** The job ran, but its output cannot be seen from this host. */
  | { readonly type: "output-missing"; readonly file: OutputFile }
  /** Every task has ended and all output has been delivered. The last event. */
  | { readonly type: "ended"; readonly observations: readonly JobObservation[] };

/** The first sight of a job or task, a new state, a new reason, or a restart. */
export interface ObservedChange {
  readonly observation: JobObservation;
  readonly previous?: JobObservation;
}

export interface FollowDependencies {
  readonly cluster: Cluster;
  readonly clock: Clock;
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Gives up after so many milliseconds with `DEADLINE_EXCEEDED`; the job goes on. Absent: waits as long as it takes. */
  readonly deadlineMs?: number;
}

/** Waits between two looks, in milliseconds: the first, the factor by which an uneventful look lengthens it, the longest. */
const observePace: Pace = { first: 20, factor: 1.5, longest: 1_000 };
const outputPace: Pace = { first: 20, factor: 1.3, longest: 150 };
const unreachablePace: Pace = { first: 250, factor: 2, longest: 10_000 };

/** How long a job of which nothing is known is looked for: receipts may be late on a network file system. */
const lostAfterMs = 15_000;

/** A second look after the end: what the job wrote last may reach the file system only now. */
const settleMs = 30;

interface Pace {
  readonly first: number;
  readonly factor: number;
  readonly longest: number;
}

/**
 * Follows a job from any point of its life to its end. Only the scheduler's word or a receipt ends it: a cluster that does
 * not answer is waited for, and a job that nobody remembers throws `JOB_LOST`. Also throws `CANCELLED` when the signal
 * aborts, and `DEADLINE_EXCEEDED`; in both cases the job itself is left alone.
 */
export async function* followJob(
  { cluster, clock }: FollowDependencies,
  job: SubmittedJob,
  { signal, deadlineMs = Infinity }: FollowOptions,
): AsyncGenerator<JobEvent> {
  const deadline = clock.now() + deadlineMs;
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const reader = new OutputReader(cluster);
  const seen = new Map<string, JobObservation>();
  let files: readonly OutputFile[] = [];
  let outputWait = outputPace.first;
  let observeWait = observePace.first;
  let observeAt = 0;
  /** A look that is under way. Output is read meanwhile: Slurm's programs try for seconds to reach a lost controller. */
  let looking: Promise<void> | undefined;
  let look: Look | undefined;
  let unreachable = false;
  let unknownSince: number | undefined;
  let previouslyEnded: ReadonlySet<string> = new Set();
  /** Some output could not be read for now, so that no file is known to have been read to its end. */
  let behind = false;

  try {
    for (;;) {
      if (signal.aborted) throw new SluiceError("CANCELLED", `stopped following job ${job.nativeId}; the job goes on`);
      if (clock.now() >= deadline) throw tooLate(job, deadlineMs);
      if (looking === undefined && clock.now() >= observeAt) {
        looking = (async () => {
          look = await takeLook(cluster, job, seen, until);
        })();
        // It is awaited below; until then, while output is read, its failure must not count as unhandled.
        looking.catch(() => {});
      }

      outputWait = lengthen(outputWait, outputPace);
      try {
        for await (const chunk of reader.read(files, until)) {
          outputWait = outputPace.first;
          yield { type: "output", ...chunk };
        }
        behind = false;
      } catch (error) {
        if (!isTransient(error)) throw error;
        behind = true;
        outputWait = outputPace.longest;
      }

      const wait = looking === undefined ? Math.min(observeAt - clock.now(), outputWait) : outputWait;
      const sleep = clock.sleep(Math.max(0, Math.min(wait, deadline - clock.now())), until);
      await (looking === undefined ? sleep : Promise.race([looking, sleep]));
      const taken = takeOnce();
      if (taken === undefined) continue;

      if ("error" in taken) {
        if (!unreachable) yield { type: "unreachable", error: taken.error };
        observeWait = unreachable ? lengthen(observeWait, unreachablePace) : unreachablePace.first;
        unreachable = true;
      } else {
        const changes = noteChanges(seen, taken.observations);
        if (unreachable) yield { type: "reachable" };
        if (changes.length > 0) yield { type: "observed", changes };
        observeWait = unreachable || changes.length > 0 ? observePace.first : lengthen(observeWait, observePace);
        unreachable = false;
        // What had ended at the look before has been read since, and long enough after.
        if (!behind) reader.close(filesOfEnded(files, previouslyEnded));
        previouslyEnded = new Set([...seen.values()].filter(isEnded).map(({ nativeId }) => nativeId));
        ({ files } = taken);
        if (isOver(job, seen)) {
          yield* drain({ reader, files, clock, signal: until, deadline });
          yield* missingOutput(reader, files, seen);
          yield { type: "ended", observations: inOrder(seen) };
          return;
        }
        unknownSince = isUnknown(seen, taken.observations) ? (unknownSince ?? clock.now()) : undefined;
        if (unknownSince !== undefined && clock.now() - unknownSince >= lostAfterMs) throw lost(job, seen);
      }
      observeAt = clock.now() + observeWait;
    }
  } finally {
    stop.abort();
    await looking?.catch(() => {});
  }

  function takeOnce(): Look | undefined {
    const taken = look;
    if (taken !== undefined) looking = undefined;
    look = undefined;
    return taken;
  }
}

/** What one look at the cluster found, or why it could not look. */
type Look =
  | { readonly observations: readonly JobObservation[]; readonly files: readonly OutputFile[] }
  | { readonly error: SluiceError };

async function takeLook(
  cluster: Cluster,
  job: SubmittedJob,
  seen: ReadonlyMap<string, JobObservation>,
  signal: AbortSignal,
): Promise<Look> {
  try {
    const observations = await cluster.observe(job, signal);
    const all = new Map([...seen, ...observations.map((task) => [task.nativeId, task] as const)]);
    return { observations, files: await cluster.outputs(job, [...all.values()], signal) };
  } catch (error) {
    if (isTransient(error)) return { error };
    throw error;
  }
}

function tooLate({ nativeId }: SubmittedJob, deadlineMs: number): SluiceError {
  return new SluiceError(
    "DEADLINE_EXCEEDED",
    `job ${nativeId} had not ended after ${deadlineMs / 1000} s; the job goes on`,
  );
}

/** Output of tasks that ran, and that was never to be seen from here. */
function* missingOutput(
  reader: OutputReader,
  files: readonly OutputFile[],
  seen: ReadonlyMap<string, JobObservation>,
): Generator<JobEvent> {
  for (const file of files) {
    if (seen.get(file.nativeId)?.startedAt !== undefined && !reader.hasSeen(file))
      yield { type: "output-missing", file };
  }
}

function lengthen(wait: number, { factor, longest }: Pace): number {
  return Math.min(wait * factor, longest);
}

function isTransient(error: unknown): error is SluiceError {
  const codes: readonly string[] = ["CLUSTER_UNREACHABLE", "DEADLINE_EXCEEDED"];
  return error instanceof SluiceError && codes.includes(error.code);
}

function isEnded({ state }: JobObservation): boolean {
  return finalStates.has(state);
}

/** Notes what is new about a job and its tasks. */
function noteChanges(seen: Map<string, JobObservation>, observations: readonly JobObservation[]): ObservedChange[] {
  const changes: ObservedChange[] = [];
  for (const observation of observations) {
    const previous = seen.get(observation.nativeId);
    // What was called final stays as it was called first; a requeue makes it pending again.
    if (previous !== undefined && isEnded(previous) && isEnded(observation)) continue;
    // A receipt tells less than the scheduler did: what was known before stays, but for the reason of what has passed.
    const { reason: _reason, ...known } = previous ?? {};
    seen.set(observation.nativeId, { ...known, ...observation });
    const isNew =
      previous === undefined ||
      previous.state !== observation.state ||
      (observation.state === "pending" && previous.reason !== observation.reason) ||
      (previous.restarts ?? 0) < (observation.restarts ?? 0);
    if (isNew) changes.push({ observation, ...(previous !== undefined && { previous }) });
  }
  return changes;
}

function isOver({ tasks }: SubmittedJob, seen: ReadonlyMap<string, JobObservation>): boolean {
  return seen.size >= (tasks?.length ?? 1) && [...seen.values()].every(isEnded);
}

/** Whether something that has not ended was not among what the cluster still knows. */
function isUnknown(seen: ReadonlyMap<string, JobObservation>, observations: readonly JobObservation[]): boolean {
  const known = new Set(observations.map(({ nativeId }) => nativeId));
  return known.size === 0 || [...seen.values()].some((task) => !isEnded(task) && !known.has(task.nativeId));
}

function lost({ nativeId, directory }: SubmittedJob, seen: ReadonlyMap<string, JobObservation>): SluiceError {
  const unknown = [...seen.values()].filter((task) => !isEnded(task));
  const ids = unknown.length === 0 ? nativeId : unknown.map((task) => task.nativeId).join(", ");
  const last = unknown[0] === undefined ? "" : `, last seen ${unknown[0].rawState}`;
  return new SluiceError(
    "JOB_LOST",
    `the cluster no longer knows job ${ids}${last}, and it left no receipt in ${directory}; how it ended is unknown`,
    { details: { nativeId, directory } },
  );
}

function filesOfEnded(files: readonly OutputFile[], ended: ReadonlySet<string>): readonly OutputFile[] {
  const open = new Set(files.filter(({ nativeId }) => !ended.has(nativeId)).map(({ path }) => path));
  return files.filter(({ path }) => !open.has(path));
}

async function* drain({
  reader,
  files,
  clock,
  signal,
  deadline,
}: {
  readonly reader: OutputReader;
  readonly files: readonly OutputFile[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly deadline: number;
}): AsyncGenerator<JobEvent> {
  for (let grew = true; grew;) {
    grew = false;
    try {
      for await (const chunk of reader.read(files, signal)) {
        grew = true;
        yield { type: "output", ...chunk };
      }
      await clock.sleep(settleMs, signal);
      for await (const chunk of reader.read(files, signal)) {
        grew = true;
        yield { type: "output", ...chunk };
      }
    } catch (error) {
      // The host of the files does not answer: the rest is there when it does.
      if (!isTransient(error) || signal.aborted || clock.now() >= deadline) throw error;
      grew = true;
      await clock.sleep(Math.min(unreachablePace.first, deadline - clock.now()), signal);
    }
  }
}

/** By task, so that an array reads as it counts. */
function inOrder(seen: ReadonlyMap<string, JobObservation>): readonly JobObservation[] {
  const task = ({ nativeId }: JobObservation): number => Number(/[_+](\d+)$/.exec(nativeId)?.[1] ?? 0);
  return [...seen.values()].sort((a, b) => task(a) - task(b));
}
