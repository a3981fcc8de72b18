import { z } from "zod";
import { SluiceError } from "../errors.ts";
import type { Acceptance, NewJob } from "../jobs/store.ts";
import { chunks, type Ledger } from "./ledger.ts";
import { toJob } from "./rows.ts";
import type { IdempotencyRow, JobRow, LabelRow, SubmissionRow } from "./tables.ts";

/** What stands in columns: PostgreSQL keeps no NUL, and both databases index no text without bound. */
const ColumnText = z
  .string()
  .max(1_000, "has more than 1,000 characters")
  .refine((text) => !text.includes("\0"), "holds a NUL character");
const NewJobColumns = z.object({
  id: ColumnText.min(1),
  cluster: ColumnText.min(1),
  owner: ColumnText.min(1),
  user: ColumnText.min(1).optional(),
  name: ColumnText,
  labels: z.record(ColumnText.min(1), ColumnText),
  idempotency: z.object({ key: ColumnText.min(1), hash: ColumnText }).optional(),
});

/** Throws `INPUT_INVALID`, naming the field. */
export function checkNewJob(job: NewJob): void {
  const issue = NewJobColumns.safeParse(job).error?.issues[0];
  if (issue === undefined) return;
  const field = issue.path.map(String).join(".");
  throw new SluiceError("INPUT_INVALID", `${field}: ${issue.message}`, { details: { field } });
}

/** See `JobStore.accept`. */
export async function acceptJobs(ledger: Ledger, jobs: readonly NewJob[]): Promise<readonly Acceptance[]> {
  const keys = await readKeys(ledger, jobs);
  const known = await ledger.jobs([...jobs.map(({ id }) => id), ...[...keys.values()].map(({ id }) => id)]);
  const rows: JobRow[] = [];
  const submissions: SubmissionRow[] = [];
  const labels: LabelRow[] = [];
  const newKeys: IdempotencyRow[] = [];

  const answers = jobs.map((job): Acceptance => {
    const { idempotency } = job;
    const used = idempotency && keys.get(keyOf(job.owner, idempotency.key));
    const there = known.get(used?.id ?? job.id);
    if (there !== undefined) {
      if (used !== undefined && used.hash !== idempotency?.hash) return { conflict: keyConflict(job, there) };
      if (there.owner !== job.owner) return { conflict: idConflict(job) };
      return { job: toJob(there), isNew: false };
    }
    const position = ledger.note(job, { type: "accepted", data: { name: job.name } });
    const row = newRow(job, position, ledger.nowMs);
    known.set(job.id, row);
    rows.push(row);
    submissions.push({ position, body: JSON.stringify(job.submission) });
    for (const [name, value] of Object.entries(job.labels)) labels.push({ position, name, value });
    if (idempotency !== undefined) {
      const { key, hash } = idempotency;
      keys.set(keyOf(job.owner, key), { id: job.id, hash });
      newKeys.push({ key, owner: job.owner, hash, position, created_ms: ledger.nowMs });
    }
    return { job: toJob(row), isNew: true };
  });

  await ledger.saveJobs(rows);
  await ledger.insertNew({ submissions, labels, keys: newKeys });
  return answers;
}

/** The keys of these jobs that were used before. */
async function readKeys(
  ledger: Ledger,
  jobs: readonly NewJob[],
): Promise<Map<string, { readonly id: string; readonly hash: string }>> {
  const wanted = jobs.flatMap(({ idempotency }) => (idempotency === undefined ? [] : [idempotency.key]));
  const found = new Map<string, { readonly id: string; readonly hash: string }>();
  for (const some of chunks(wanted, 5_000)) {
    const rows = await ledger.trx
      .selectFrom("idempotency")
      .innerJoin("job", "job.position", "idempotency.position")
      .select(["idempotency.owner", "idempotency.key", "idempotency.hash", "job.id"])
      .where("idempotency.key", "in", some)
      .execute();
    for (const { owner, key, hash, id } of rows) found.set(keyOf(owner, key), { id, hash });
  }
  return found;
}

function keyOf(owner: string, key: string): string {
  return `${owner}\0${key}`;
}

function newRow(job: NewJob, position: number, nowMs: number): JobRow {
  return {
    position,
    id: job.id,
    cluster: job.cluster,
    owner: job.owner,
    unix_user: job.user ?? null,
    name: job.name,
    labels: JSON.stringify(job.labels),
    state: "accepted",
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
    updated_ms: nowMs,
    restarts: 0,
    freshness: "fresh",
    native_id: null,
    directory: null,
    tasks: null,
    accepted_ms: nowMs,
    error_code: null,
    error_message: null,
    cancel_requested: 0,
    version: 1,
  };
}

function keyConflict({ idempotency }: NewJob, there: JobRow): SluiceError {
  return new SluiceError(
    "IDEMPOTENCY_CONFLICT",
    `idempotency key ${JSON.stringify(idempotency?.key.slice(0, 60))} was used for job ${there.id}, which was asked for in other words; use a new key for a new job`,
    { details: { field: "Idempotency-Key", jobId: there.id } },
  );
}

function idConflict({ id }: NewJob): SluiceError {
  return new SluiceError("IDEMPOTENCY_CONFLICT", `job id "${id}" belongs to another owner; make a new one`, {
    details: { field: "id" },
  });
}
