import type { Fence, JobMove, Submitted } from "../jobs/store.ts";
import { isFinal, isTransition } from "../schema/job-transitions.ts";
import type { JobState } from "../schema/job.ts";
import type { Freshness, StoredJob } from "../schema/stored-job.ts";
import { activeStates } from "../schema/job-transitions.ts";
import { formatArraySpec } from "../slurm/values/array-spec.ts";
import { chunks, type Ledger } from "./ledger.ts";
import { toJob } from "./rows.ts";
import type { JobRow } from "./tables.ts";

/** See `JobStore.moveAll`. */
export async function moveJobs(ledger: Ledger, moves: readonly JobMove[]): Promise<readonly (StoredJob | undefined)[]> {
  await checkFences(ledger, moves);
  const rows = await ledger.jobs(moves.map(({ jobId }) => jobId));
  const changed = new Map<string, JobRow>();
  const answers = moves.map(({ jobId, version, to, reason, error, fence }) => {
    const row = rows.get(jobId);
    if (row === undefined || row.version !== version) return undefined;
    if (fence !== undefined && fence.cluster !== row.cluster) throw foreign(row, fence);
    if (!isTransition(row.state, to)) throw new Error(`job ${jobId} cannot go from ${row.state} to ${to}`);
    const moved = { ...enter(ledger, row, to), reason: reason ?? null };
    if (error !== undefined) {
      moved.error_code = error.code;
      moved.error_message = error.message;
    }
    if (to === "rejected") {
      ledger.note(row, { type: "rejected", data: error ?? { code: "SUBMIT_REJECTED", message: reason ?? "" } });
    } else {
      ledger.note(row, {
        type: "state",
        data: { state: to, previous: row.state, ...(reason !== undefined && { reason }), restarts: row.restarts },
      });
    }
    rows.set(jobId, moved);
    changed.set(jobId, moved);
    return toJob(moved);
  });
  await ledger.saveJobs([...changed.values()]);
  return answers;
}

/** See `JobStore.recordSubmitted`. */
export async function recordSubmitted(
  ledger: Ledger,
  submitted: readonly Submitted[],
  fence: Fence,
): Promise<readonly (StoredJob | undefined)[]> {
  await ledger.check(fence);
  const rows = await ledger.jobs(submitted.map(({ jobId }) => jobId));
  const changed = new Map<string, JobRow>();
  const answers = submitted.map(({ jobId, nativeId, directory, tasks }) => {
    const row = rows.get(jobId);
    if (row === undefined) return undefined;
    if (fence.cluster !== row.cluster) throw foreign(row, fence);
    if (row.native_id !== null) return toJob(row);
    if (row.state !== "submitting") return undefined;
    const noted = {
      ...enter(ledger, row, "pending"),
      native_id: nativeId,
      directory,
      tasks: tasks === undefined ? null : formatArraySpec({ indices: tasks }),
      submitted_ms: ledger.nowMs,
    };
    ledger.note(row, { type: "submitted", data: { nativeId, directory } });
    ledger.note(row, {
      type: "state",
      data: { state: "pending", previous: row.state, restarts: row.restarts },
    });
    rows.set(jobId, noted);
    changed.set(jobId, noted);
    return toJob(noted);
  });
  await ledger.saveJobs([...changed.values()]);
  return answers;
}

/** See `JobStore.requestCancel`. */
export async function requestCancel(ledger: Ledger, jobId: string): Promise<StoredJob | undefined> {
  const row = (await ledger.jobs([jobId])).get(jobId);
  if (row === undefined || row.cancel_requested === 1 || isFinal(row.state)) return row && toJob(row);
  const state = row.state === "accepted" ? "cancelled" : row.state;
  const asked = { ...enter(ledger, row, state), cancel_requested: 1 };
  ledger.note(row, { type: "cancel-requested", data: {} });
  if (state !== row.state) {
    ledger.note(row, { type: "state", data: { state, previous: row.state, restarts: row.restarts } });
  }
  await ledger.saveJobs([asked]);
  return toJob(asked);
}

/** See `JobStore.withdrawCancel`. */
export async function withdrawCancel(ledger: Ledger, jobId: string): Promise<void> {
  const row = (await ledger.jobs([jobId])).get(jobId);
  if (row === undefined || row.cancel_requested === 0 || !isFinal(row.state)) return;
  await ledger.saveJobs([{ ...row, cancel_requested: 0, version: row.version + 1 }]);
}

/** See `JobStore.markFreshness`. One statement, for a cluster that goes quiet may have very many jobs. */
export async function markFreshness(
  ledger: Ledger,
  freshness: Freshness,
  fence: Fence,
  jobIds?: readonly string[],
): Promise<number> {
  await ledger.check(fence);
  let marked = 0;
  for (const ids of jobIds === undefined ? [undefined] : chunks(jobIds, 5_000)) {
    const rows = await ledger.trx
      .updateTable("job")
      .set(({ eb }) => ({ freshness, version: eb("version", "+", 1) }))
      .where("state", "in", activeStates)
      .where("cluster", "=", fence.cluster)
      .where("freshness", "!=", freshness)
      .$if(ids !== undefined, (query) => query.where("id", "in", ids ?? []))
      .returning(["id", "cluster", "owner"])
      .execute();
    for (const row of rows) ledger.note(row, { type: "freshness", data: { freshness } });
    marked += rows.length;
  }
  return marked;
}

/** The row in that state, one version on. */
function enter(ledger: Ledger, row: JobRow, state: JobState): JobRow {
  return {
    ...row,
    state,
    version: row.version + 1,
    updated_ms: ledger.nowMs,
    ended_ms: isFinal(state) ? (row.ended_ms ?? ledger.nowMs) : null,
  };
}

async function checkFences(ledger: Ledger, moves: readonly JobMove[]): Promise<void> {
  const fences = new Map<string, Fence>();
  for (const { fence } of moves) {
    if (fence !== undefined) fences.set(`${fence.token} ${fence.cluster}`, fence);
  }
  for (const fence of fences.values()) await ledger.check(fence);
}

function foreign(row: JobRow, fence: Fence): Error {
  return new Error(`job ${row.id} is of cluster "${row.cluster}", and the lease of cluster "${fence.cluster}"`);
}
