import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./tables.ts";

/** One opened database, in what its kinds differ. The store above it is the same for all. */
export interface Database {
  readonly kind: string;
  /** For people: where it is, without secrets. */
  readonly name: string;
  /** For single statements that only read; they see what has been committed. */
  readonly reads: Kysely<Tables>;
  /** One transaction at a time in all processes, durable when it resolves. */
  write<T>(work: (turn: WriteTurn) => Promise<T>): Promise<T>;
  /** Tells all processes, with the commit, that there are events up to this one. */
  publish(trx: Transaction<Tables>, last: number): Promise<void>;
  /** Milliseconds since the epoch, by the clock that all who share the database share. */
  now(): Promise<number>;
  /** Calls back when another process may have written events; until the signal aborts. Never rejects. */
  watch(onEvents: (last: number) => void, signal: AbortSignal): Promise<void>;
  /** What went wrong, as people are told it: `STORE_UNAVAILABLE` for what lies with the database, else the error itself. */
  translate(error: unknown): unknown;
  close(): Promise<void>;
}

/** What a writer has while it is its turn. */
export interface WriteTurn {
  readonly trx: Transaction<Tables>;
  readonly nowMs: number;
  /** The number of the last event. */
  readonly last: number;
}
