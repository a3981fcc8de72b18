import type { Fence, JobSighting } from "../jobs/store.ts";
import { isTransition } from "../schema/job-transitions.ts";
import type { JobObservation, JobState } from "../schema/job.ts";
import type { StoredEvent } from "../schema/stored-event.ts";
import type { StoredJob } from "../schema/stored-job.ts";
import { chunks, type Ledger } from "./ledger.ts";
import { toExit, toIso, toJob, toMs } from "./rows.ts";
import type { JobRow, SightedColumns, TaskRow } from "./tables.ts";

type Sighting = Omit<JobObservation, "nativeId">;
type Change = Extract<StoredEvent, { type: "state" }>["data"];

/** See `JobStore.applySightings`. */
export async function applySightings(
  ledger: Ledger,
  sightings: readonly JobSighting[],
  fence: Fence,
): Promise<readonly StoredJob[]> {
  await ledger.check(fence);
  const jobs = await ledger.jobs(sightings.map(({ jobId }) => jobId));
  const tasks = await readTasks(ledger, sightings, jobs);
  const changedJobs = new Map<string, JobRow>();
  const changedTasks = new Map<string, TaskRow>();

  for (const { jobId, job: sighting, tasks: taskSightings = [] } of sightings) {
    const before = jobs.get(jobId);
    if (before === undefined || before.cluster !== fence.cluster || before.native_id === null) continue;
    let row = before;
    if (sighting !== undefined) {
      const seen = overlay(row, sighting, ledger.nowMs);
      if (seen !== undefined) {
        row = { ...row, ...seen };
        if (isNews(before, row)) ledger.note(row, { type: "state", data: changeOf(row, before) });
      }
    }
    for (const task of taskSightings) {
      const key = `${row.position} ${task.nativeId}`;
      const known = tasks.get(key);
      const next = known === undefined ? firstSight(row.position, task, ledger.nowMs) : seenAgain(known, task, ledger);
      if (next === undefined) continue;
      tasks.set(key, next);
      changedTasks.set(key, next);
      if (known === undefined || isNews(known, next)) {
        ledger.note(row, { type: "task", data: { nativeId: task.nativeId, ...changeOf(next, known) } });
      }
      if (row === before) row = { ...row, updated_ms: ledger.nowMs };
    }
    if (row.freshness !== "fresh") {
      row = { ...row, freshness: "fresh" };
      ledger.note(row, { type: "freshness", data: { freshness: "fresh" } });
    }
    if (row === before) continue;
    row = { ...row, version: before.version + 1 };
    jobs.set(jobId, row);
    changedJobs.set(jobId, row);
  }
  const rows = [...changedJobs.values()];
  await ledger.saveJobs(rows);
  await ledger.saveTasks([...changedTasks.values()]);
  return rows.map(toJob);
}

async function readTasks(
  ledger: Ledger,
  sightings: readonly JobSighting[],
  jobs: ReadonlyMap<string, JobRow>,
): Promise<Map<string, TaskRow>> {
  const found = new Map<string, TaskRow>();
  const positions = sightings.flatMap(({ jobId, tasks = [] }) => {
    const job = jobs.get(jobId);
    return job === undefined || tasks.length === 0 ? [] : [job.position];
  });
  for (const some of chunks(positions, 5_000)) {
    const rows = await ledger.trx.selectFrom("task").selectAll().where("position", "in", some).execute();
    for (const row of rows) found.set(`${row.position} ${row.native_id}`, row);
  }
  return found;
}

function seenAgain(known: TaskRow, task: JobObservation, ledger: Ledger): TaskRow | undefined {
  const seen = overlay(known, task, ledger.nowMs);
  return seen && { ...known, ...seen };
}

function firstSight(position: number, task: JobObservation, nowMs: number): TaskRow {
  return {
    position,
    native_id: task.nativeId,
    number: Number(/[_+](\d+)$/.exec(task.nativeId)?.[1] ?? 0),
    ...laidOver(unseen, task),
    updated_ms: nowMs,
  };
}

const unseen: SightedColumns = {
  state: "pending",
  raw_state: null,
  reason: null,
  exit_status: null,
  exit_signal: null,
  nodes: null,
  partition: null,
  stdout_path: null,
  stderr_path: null,
  submitted_ms: null,
  started_ms: null,
  ended_ms: null,
  updated_ms: 0,
  restarts: 0,
};

/** The columns after this sighting; `undefined` where it changes nothing or may not be true any more. */
function overlay(known: SightedColumns, sighting: Sighting, nowMs: number): SightedColumns | undefined {
  const restarts = sighting.restarts ?? known.restarts;
  if (restarts < known.restarts) return undefined;
  const requeued = restarts > known.restarts;
  if (known.state !== sighting.state && !isTransition(known.state, sighting.state, requeued)) return undefined;
  // Slurm counts a restart while the earlier run is still being cleaned up.
  const waitsAgain = waiting.has(sighting.state) && !waiting.has(known.state);
  const seen = laidOver(requeued || waitsAgain ? withoutRun(known) : known, sighting);
  const isSame = sightedKeys.every((key) => seen[key] === known[key]);
  return isSame ? undefined : { ...seen, updated_ms: nowMs };
}

const waiting: ReadonlySet<JobState> = new Set<JobState>(["submitting", "pending", "held"]);

/** What a sighting does not tell stays, but for the reason: that of what has passed says nothing now. */
function laidOver(known: SightedColumns, sighting: Sighting): SightedColumns {
  return {
    state: sighting.state,
    raw_state: columnText(sighting.rawState) ?? known.raw_state,
    reason: columnText(sighting.reason),
    exit_status: sighting.exit?.status ?? known.exit_status,
    exit_signal: sighting.exit?.signal ?? known.exit_signal,
    nodes: columnText(sighting.nodes) ?? known.nodes,
    partition: columnText(sighting.partition) ?? known.partition,
    stdout_path: columnText(sighting.stdoutPath) ?? known.stdout_path,
    stderr_path: columnText(sighting.stderrPath) ?? known.stderr_path,
    submitted_ms: toMs(sighting.submittedAt) ?? known.submitted_ms,
    started_ms: toMs(sighting.startedAt) ?? known.started_ms,
    ended_ms: toMs(sighting.endedAt) ?? known.ended_ms,
    updated_ms: known.updated_ms,
    restarts: sighting.restarts ?? known.restarts,
  };
}

function withoutRun(known: SightedColumns): SightedColumns {
  return { ...known, exit_status: null, exit_signal: null, nodes: null, started_ms: null, ended_ms: null };
}

/** PostgreSQL keeps no NUL. */
function columnText(text: string | undefined): string | null {
  return text === undefined ? null : text.replaceAll("\0", "\uFFFD");
}

const sightedKeys = Object.keys(unseen).filter(
  (key): key is keyof SightedColumns => key !== "updated_ms" && key in unseen,
);

/** Whether a watcher is told. */
function isNews(before: SightedColumns, after: SightedColumns): boolean {
  const told = ["state", "restarts", "reason", "nodes", "exit_status", "exit_signal"] as const;
  return told.some((key) => before[key] !== after[key]);
}

function changeOf(row: SightedColumns, before: SightedColumns | undefined): Change {
  const exit = toExit(row);
  return {
    state: row.state,
    ...(before !== undefined && before.state !== row.state && { previous: before.state }),
    ...(row.raw_state !== null && { rawState: row.raw_state }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(exit !== undefined && { exit }),
    ...(row.nodes !== null && { nodes: row.nodes }),
    ...(row.started_ms !== null && { startedAt: toIso(row.started_ms) }),
    ...(row.ended_ms !== null && { endedAt: toIso(row.ended_ms) }),
    restarts: row.restarts,
  };
}
