import { randomUUID } from "node:crypto";
import type { QueueEntry } from "../../jobs/cluster.ts";
import type { Runner } from "../../jobs/runner.ts";
import { finalStates, type JobObservation } from "../../schema/job.ts";
import { squeue, type QueuedJob, type SqueueRequest } from "../../slurm/commands/squeue.ts";
import { RowMemory } from "../../slurm/commands/separated-text.ts";
import { parseTaskList } from "../../slurm/values/array-spec.ts";
import { toJobState } from "../../slurm/values/job-state.ts";
import type { ShownJob } from "../../slurm/rest/rest-jobs.ts";
import { postedName } from "./rest/posted-mark.ts";
import { wrapperName } from "./wrapper.ts";

/** Reads the queue of a cluster, or the rows of one native id. */
export interface QueueReader {
  whole(signal: AbortSignal): Promise<readonly QueueEntry[]>;
  /** Of one id slurmctld looks up that job alone (squeue.c, `slurm_load_job`). */
  of(nativeId: string, signal: AbortSignal): Promise<readonly QueueEntry[]>;
}

/**
 * Lists everyone's jobs by one squeue; those of this connection's folder are known again by the path of their script. A job that
 * has not changed since the last list is the same object, and cost next to nothing: queues have ten thousands of them.
 */
export function queueReader(runner: Runner, base: string): QueueReader {
  const memory = { whole: new RowMemory<QueuedJob>(), one: new RowMemory<QueuedJob>() };
  const entries = new WeakMap<QueuedJob, QueueEntry>();
  const jobIdOf = scriptReader(base);
  const enter = (row: QueuedJob): QueueEntry => {
    const entry = toEntry(row, jobIdOf(row) ?? jobIdElsewhere(row.command));
    entries.set(row, entry);
    return entry;
  };
  const read = async (asked: Partial<SqueueRequest>, signal: AbortSignal): Promise<readonly QueueEntry[]> => {
    const rows = await runner.run(squeue({ boundary: randomUUID(), everyPartition: true, ...asked }), { signal });
    return rows.map((row) => entries.get(row) ?? enter(row));
  };
  return {
    whole: (signal) => read({ memory: memory.whole }, signal),
    of: (nativeId, signal) => read({ memory: memory.one, jobs: [nativeId] }, signal),
  };
}

function toEntry(row: QueuedJob, jobId: string | undefined): QueueEntry {
  const [jobNativeId = row.nativeId] = row.nativeId.split(/[_+]/);
  const waits = row.array !== undefined && row.nativeId.includes("[");
  return {
    ...observeQueued(row),
    jobNativeId,
    user: row.user,
    priority: row.priority,
    ...(jobId !== undefined && { jobId }),
    // Of others' arrays, which may have millions, nobody wants each task.
    ...(waits && jobId !== undefined && { waitingTasks: parseTaskList(row.array.tasks).indices }),
    ...(row.account !== undefined && { account: row.account }),
    ...(row.qos !== undefined && { qos: row.qos }),
    ...(row.dependency !== undefined && { dependency: row.dependency }),
    ...(row.state === "PENDING" && row.startTime !== undefined && { expectedStart: row.startTime }),
  };
}

/**
 * Sluice's id in `<base>/jobs/<ULID>/script`, after which up to 24.05 the script's arguments follow; in the working folder of
 * a job that has no such path, as v0.0.38 of slurmrestd submits them.
 */
function scriptReader(base: string): (row: Pick<QueuedJob, "command" | "workDirectory">) => string | undefined {
  const start = `${base}/jobs/`;
  const read = (path: string | undefined, end: string): string | undefined => {
    if (path?.startsWith(start) !== true) return undefined;
    const rest = path.slice(start.length);
    return rest.endsWith(end) && rest.length === 26 + end.length ? rest.slice(0, 26) : undefined;
  };
  return ({ command, workDirectory }) => {
    if (command === undefined) return read(workDirectory, `/${postedName}`);
    return read(command.slice(0, start.length) + command.slice(start.length).split(" ")[0], `/${wrapperName}`);
  };
}

/** Sluice's id in the path of a script in another folder, of another Unix user: whose job it is, the native id has to tell. */
function jobIdElsewhere(command = ""): string | undefined {
  return /^\/.*?\/jobs\/([0-9A-HJKMNP-TV-Z]{26})\/script(?: |$)/s.exec(command)?.[1];
}

const shadesOfRunning: ReadonlySet<string> = new Set(["running", "suspended", "completing"]);

/** One row of squeue in the words of every cluster. */
export function observeQueued(entry: ShownJob): JobObservation {
  const state = toJobState(entry.state, entry.reason);
  const ended = finalStates.has(state);
  // A job that waits has an expected start; one that ended without nodes never started.
  const started = entry.nodes !== undefined && (ended || shadesOfRunning.has(state));
  return {
    nativeId: entry.nativeId,
    state,
    rawState: entry.state,
    name: entry.name,
    partition: entry.partition,
    restarts: entry.restarts,
    ...(entry.reason !== undefined && { reason: entry.reason }),
    ...(ended && { exit: entry.exit }),
    ...(entry.nodes !== undefined && { nodes: entry.nodes }),
    ...(entry.submitTime !== undefined && { submittedAt: entry.submitTime }),
    ...(started && entry.startTime !== undefined && { startedAt: entry.startTime }),
    ...(ended && entry.endTime !== undefined && { endedAt: entry.endTime }),
  };
}
