import { Kysely, PostgresDialect, sql } from "kysely";
import { Client, types, type ClientConfig } from "pg";
import type { Clock } from "../../jobs/clock.ts";
import type { Database } from "../database.ts";
import { emptyLists } from "../empty-lists.ts";
import { eventState } from "../event-log.ts";
import { migrate } from "../migrate.ts";
import { migrations } from "../migrations.ts";
import { createSqlStore } from "../sql-store.ts";
import { defaultPatienceMs, type OpenStore, type StoreOpening } from "../store-kind.ts";
import type { Tables } from "../tables.ts";
import { boundedPool } from "./bounded-pool.ts";
import { readPostgresAddress, type PostgresAddress } from "./postgres-address.ts";
import { translatePostgres } from "./postgres-failure.ts";
import { postgresWords } from "./postgres-words.ts";
import { withoutNul } from "./without-nul.ts";

const readConnections = 8;
/** One writes while the next is there to take its turn; more would only stand in the queue of all processes' writers. */
const writeConnections = 2;
/** A process that hangs within its turn to write holds up the others for so long; below the patience of those who wait. */
const longestIdleInTurnMs = 4_000;
/** Waits before a lost listening connection is made anew, and between two looks in case a notification was lost. */
const reconnectMs = 500;
const lookMs = 5_000;

/** Opens the database; makes its schema and tables where they are missing. */
export async function openPostgresStore(opening: StoreOpening): Promise<OpenStore> {
  const { clock, patienceMs = defaultPatienceMs } = opening;
  const address = readPostgresAddress(opening.url);
  const settings = clientSettings(address, patienceMs);
  const [reads, writes] = [connect(settings, readConnections), connect(settings, writeConnections)];
  const close = async (): Promise<void> => {
    await reads.destroy();
    await writes.destroy();
  };
  try {
    await writes.transaction().execute(async (trx) => {
      // Processes that start together take turns; the number is any, the schema tells apart who shares a server.
      await sql`select pg_advisory_xact_lock(727100, hashtext(${address.schema}))`.execute(trx);
      const there = await sql`select 1 from pg_namespace where nspname = ${address.schema}`.execute(trx);
      if (there.rows.length === 0) await sql`create schema ${sql.id(address.schema)}`.execute(trx);
      await migrate(trx, { migrations, words: postgresWords, nowMs: await serverNow(trx), name: address.name });
    });
    const database = postgresDatabase({ address, settings, clock, reads, writes, close });
    return createSqlStore(database, opening.topologyBounds);
  } catch (error) {
    await close();
    throw translatePostgres(error, address.name);
  }
}

function connect(settings: ClientConfig, max: number): Kysely<Tables> {
  const dialect = new PostgresDialect({ pool: boundedPool(settings, max) });
  return new Kysely<Tables>({ dialect, plugins: [emptyLists, withoutNul] });
}

function postgresDatabase(parts: {
  readonly address: PostgresAddress;
  readonly settings: ClientConfig;
  readonly clock: Clock;
  readonly reads: Kysely<Tables>;
  readonly writes: Kysely<Tables>;
  readonly close: () => Promise<void>;
}): Database {
  const { address, settings, clock, reads, writes, close } = parts;
  const channel = `sluice_events_${address.schema}`;
  return {
    kind: "postgres",
    name: address.name,
    reads,
    write: (work) =>
      writes.transaction().execute(async (trx) => {
        // The lock of this row makes writers of all processes take turns, until each has committed.
        const { rows } = await sql<{ last: number; now_ms: number }>`
          select last, ${nowMs} as now_ms from event_state for update`.execute(trx);
        const [state] = rows;
        if (state === undefined) throw new Error("event_state is empty");
        return work({ trx, nowMs: state.now_ms, last: state.last });
      }),
    async publish(trx, last) {
      await sql`
        with written as (update event_state set last = ${last} returning last)
        select pg_notify(${channel}, last::text) from written`.execute(trx);
    },
    now: () => serverNow(reads),
    async watch(onEvents, signal) {
      while (!signal.aborted) {
        await listen({ settings, channel, reads, clock }, onEvents, signal);
        await clock.sleep(reconnectMs, signal);
      }
    },
    translate: (error) => translatePostgres(error, address.name),
    close,
  };
}

const nowMs = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

async function serverNow(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ now_ms: number }>`select ${nowMs} as now_ms`.execute(db);
  return rows[0]?.now_ms ?? 0;
}

/** Listens until the connection breaks or the signal aborts; never rejects. */
async function listen(
  parts: {
    readonly settings: ClientConfig;
    readonly channel: string;
    readonly reads: Kysely<Tables>;
    readonly clock: Clock;
  },
  onEvents: (last: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const broken = new AbortController();
  const client = new Client(parts.settings);
  client.on("error", () => broken.abort());
  client.on("end", () => broken.abort());
  client.on("notification", ({ payload }) => onEvents(Number(payload)));
  try {
    await client.connect();
    await client.query(`listen ${client.escapeIdentifier(parts.channel)}`);
    const until = AbortSignal.any([signal, broken.signal]);
    while (!until.aborted) {
      // What was written before the listening began, or while a connection was dying unnoticed.
      const { last } = await eventState(parts.reads);
      if (!until.aborted) onEvents(last);
      await parts.clock.sleep(lookMs, until);
    }
  } catch {
    // The server is away: the caller tries again, and whoever reads or writes is told.
  } finally {
    await client.end().catch(() => {});
  }
}

function clientSettings({ connectionString, schema }: PostgresAddress, patienceMs: number): ClientConfig {
  return {
    connectionString,
    application_name: "sluice",
    options: `-c search_path=${schema}`,
    connectionTimeoutMillis: patienceMs,
    lock_timeout: patienceMs,
    statement_timeout: 2 * patienceMs,
    // A server that hangs, or a network that swallows everything, ends no statement.
    query_timeout: 3 * patienceMs,
    idle_in_transaction_session_timeout: longestIdleInTurnMs,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  };
}

/** `bigint` comes as text otherwise; Sluice's numbers (milliseconds, counts) all fit a double. */
const bigintOid = 20;
const parserOf: typeof types.getTypeParser = (oid: number, format?: unknown) =>
  oid === bigintOid ? Number : types.getTypeParser(oid, format === "binary" ? "binary" : "text");
