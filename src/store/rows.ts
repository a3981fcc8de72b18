import type { Selectable } from "kysely";
import { z } from "zod";
import type { ApiToken } from "../schema/api-token.ts";
import type { ExitStatus } from "../schema/job.ts";
import { StoredEvent } from "../schema/stored-event.ts";
import type { StoredJob, StoredTask } from "../schema/stored-job.ts";
import { parseArraySpec } from "../slurm/values/array-spec.ts";
import type { Lease } from "../jobs/store.ts";
import type { EventRow, JobRow, LeaseRow, SightedColumns, TaskRow, TokenRow } from "./tables.ts";

const Labels = z.record(z.string(), z.string());

export function toJob(row: Selectable<JobRow>): StoredJob {
  return {
    id: row.id,
    position: row.position,
    cluster: row.cluster,
    owner: row.owner,
    ...(row.unix_user !== null && { user: row.unix_user }),
    name: row.name,
    labels: row.labels === "{}" ? {} : Labels.parse(JSON.parse(row.labels)),
    ...sighted(row),
    freshness: row.freshness,
    ...(row.native_id !== null && { nativeId: row.native_id }),
    ...(row.directory !== null && { directory: row.directory }),
    ...(row.tasks !== null && { tasks: parseArraySpec(row.tasks).indices }),
    acceptedAt: toIso(row.accepted_ms),
    ...(row.error_code !== null && { error: { code: row.error_code, message: row.error_message ?? "" } }),
    cancelRequested: row.cancel_requested === 1,
    version: row.version,
  };
}

export function toTask(row: Selectable<TaskRow>, jobId: string): StoredTask {
  return { jobId, nativeId: row.native_id, ...sighted(row), rawState: row.raw_state ?? "" };
}

function sighted(row: SightedColumns) {
  const exit = toExit(row);
  return {
    state: row.state,
    ...(row.raw_state !== null && { rawState: row.raw_state }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(exit !== undefined && { exit }),
    ...(row.nodes !== null && { nodes: row.nodes }),
    ...(row.partition !== null && { partition: row.partition }),
    ...(row.stdout_path !== null && { stdoutPath: row.stdout_path }),
    ...(row.stderr_path !== null && { stderrPath: row.stderr_path }),
    ...(row.submitted_ms !== null && { submittedAt: toIso(row.submitted_ms) }),
    ...(row.started_ms !== null && { startedAt: toIso(row.started_ms) }),
    ...(row.ended_ms !== null && { endedAt: toIso(row.ended_ms) }),
    updatedAt: toIso(row.updated_ms),
    restarts: row.restarts,
  };
}

export function toExit(row: Pick<SightedColumns, "exit_status" | "exit_signal">): ExitStatus | undefined {
  return row.exit_status === null ? undefined : { status: row.exit_status, signal: row.exit_signal ?? 0 };
}

export function toEvent(row: Selectable<EventRow>): StoredEvent {
  return StoredEvent.parse({
    seq: row.seq,
    at: toIso(row.at_ms),
    jobId: row.job_id,
    cluster: row.cluster,
    owner: row.owner,
    type: row.type,
    data: JSON.parse(row.data),
  });
}

export function toLease(row: Selectable<LeaseRow>): Lease {
  return { cluster: row.cluster, holder: row.holder, token: row.fence, expiresAt: toIso(row.expires_ms) };
}

export function toToken(row: Selectable<TokenRow>): ApiToken {
  return {
    id: row.id,
    hash: row.hash,
    scope: row.scope,
    subject: row.subject,
    label: row.label,
    createdAt: toIso(row.created_ms),
    ...(row.expires_ms !== null && { expiresAt: toIso(row.expires_ms) }),
    ...(row.revoked_ms !== null && { revokedAt: toIso(row.revoked_ms) }),
  };
}

export function toIso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** `null` for what is no time. */
export function toMs(iso: string | undefined): number | null {
  const milliseconds = iso === undefined ? Number.NaN : Date.parse(iso);
  return Number.isNaN(milliseconds) ? null : milliseconds;
}
