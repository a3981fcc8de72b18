import type { Transaction } from "kysely";
import { SluiceError } from "../errors.ts";
import type { Fence } from "../jobs/store.ts";
import type { StoredEvent } from "../schema/stored-event.ts";
import type { Database } from "./database.ts";
import type { EventRow, JobRow, LabelRow, SubmissionRow, Tables, TaskRow, IdempotencyRow } from "./tables.ts";

/** Rows in one statement: PostgreSQL and SQLite bound the parameters of one, at 65,535 and 32,766. */
const chunkRows = 500;

/** An event before it has its number and its time. */
type Happening = StoredEvent extends infer E ? (E extends StoredEvent ? Pick<E, "type" | "data"> : never) : never;

/**
 * One writing transaction. It alone writes while it lasts, so what it has read stays true until it ends: rows are read,
 * changed in memory and saved whole.
 */
export class Ledger {
  readonly trx: Transaction<Tables>;
  readonly nowMs: number;
  readonly #first: number;
  readonly #events: EventRow[] = [];

  constructor(trx: Transaction<Tables>, nowMs: number, last: number) {
    this.trx = trx;
    this.nowMs = nowMs;
    this.#first = last + 1;
  }

  /** Notes an event of a job; gives its number. */
  note(job: Pick<JobRow, "id" | "cluster" | "owner">, { type, data }: Happening): number {
    const seq = this.#first + this.#events.length;
    this.#events.push({
      seq,
      at_ms: this.nowMs,
      job_id: job.id,
      cluster: job.cluster,
      owner: job.owner,
      type,
      data: JSON.stringify(data),
    });
    return seq;
  }

  /** Throws `CLUSTER_BUSY` where the lease has gone to another. */
  async check(fence: Fence): Promise<void> {
    const lease = await this.trx
      .selectFrom("lease")
      .selectAll()
      .where("cluster", "=", fence.cluster)
      .executeTakeFirst();
    if (lease?.fence === fence.token) return;
    throw new SluiceError(
      "CLUSTER_BUSY",
      `the lease of cluster "${fence.cluster}" has gone to ${lease?.holder ?? "nobody"}; stop writing for it, or acquire it anew`,
      { details: { cluster: fence.cluster } },
    );
  }

  async jobs(ids: readonly string[]): Promise<Map<string, JobRow>> {
    const found = new Map<string, JobRow>();
    for (const some of chunks(ids, 5_000)) {
      const rows = await this.trx.selectFrom("job").selectAll().where("id", "in", some).execute();
      for (const row of rows) found.set(row.id, row);
    }
    return found;
  }

  async saveJobs(rows: readonly JobRow[]): Promise<void> {
    for (const some of chunks(rows, chunkRows)) {
      await this.trx
        .insertInto("job")
        .values(some)
        .onConflict((conflict) =>
          conflict.column("position").doUpdateSet((eb) => ({
            state: eb.ref("excluded.state"),
            raw_state: eb.ref("excluded.raw_state"),
            reason: eb.ref("excluded.reason"),
            exit_status: eb.ref("excluded.exit_status"),
            exit_signal: eb.ref("excluded.exit_signal"),
            nodes: eb.ref("excluded.nodes"),
            partition: eb.ref("excluded.partition"),
            stdout_path: eb.ref("excluded.stdout_path"),
            stderr_path: eb.ref("excluded.stderr_path"),
            submitted_ms: eb.ref("excluded.submitted_ms"),
            started_ms: eb.ref("excluded.started_ms"),
            ended_ms: eb.ref("excluded.ended_ms"),
            updated_ms: eb.ref("excluded.updated_ms"),
            restarts: eb.ref("excluded.restarts"),
            freshness: eb.ref("excluded.freshness"),
            native_id: eb.ref("excluded.native_id"),
            directory: eb.ref("excluded.directory"),
            tasks: eb.ref("excluded.tasks"),
            error_code: eb.ref("excluded.error_code"),
            error_message: eb.ref("excluded.error_message"),
            cancel_requested: eb.ref("excluded.cancel_requested"),
            version: eb.ref("excluded.version"),
          })),
        )
        .execute();
    }
  }

  async saveTasks(rows: readonly TaskRow[]): Promise<void> {
    for (const some of chunks(rows, chunkRows)) {
      await this.trx
        .insertInto("task")
        .values(some)
        .onConflict((conflict) =>
          conflict.columns(["position", "native_id"]).doUpdateSet((eb) => ({
            state: eb.ref("excluded.state"),
            raw_state: eb.ref("excluded.raw_state"),
            reason: eb.ref("excluded.reason"),
            exit_status: eb.ref("excluded.exit_status"),
            exit_signal: eb.ref("excluded.exit_signal"),
            nodes: eb.ref("excluded.nodes"),
            partition: eb.ref("excluded.partition"),
            stdout_path: eb.ref("excluded.stdout_path"),
            stderr_path: eb.ref("excluded.stderr_path"),
            submitted_ms: eb.ref("excluded.submitted_ms"),
            started_ms: eb.ref("excluded.started_ms"),
            ended_ms: eb.ref("excluded.ended_ms"),
            updated_ms: eb.ref("excluded.updated_ms"),
            restarts: eb.ref("excluded.restarts"),
          })),
        )
        .execute();
    }
  }

  async insertNew(rows: {
    readonly submissions: readonly SubmissionRow[];
    readonly labels: readonly LabelRow[];
    readonly keys: readonly IdempotencyRow[];
  }): Promise<void> {
    for (const some of chunks(rows.submissions, chunkRows)) {
      await this.trx.insertInto("submission").values(some).execute();
    }
    for (const some of chunks(rows.labels, chunkRows)) await this.trx.insertInto("label").values(some).execute();
    for (const some of chunks(rows.keys, chunkRows)) await this.trx.insertInto("idempotency").values(some).execute();
  }

  /** Writes the events; gives the number of the last, or `undefined` where none was noted. */
  async close(database: Database): Promise<number | undefined> {
    for (const some of chunks(this.#events, chunkRows)) await this.trx.insertInto("event").values(some).execute();
    const last = this.#events.at(-1)?.seq;
    if (last !== undefined) await database.publish(this.trx, last);
    return last;
  }
}

export function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
