import { Kysely, PostgresDialect, sql } from "kysely";
import { Client, Pool, types, type ClientConfig } from "pg";
import type { Clock } from "../../jobs/clock.ts";
import type { JobStore } from "../../jobs/store.ts";
import type { Database } from "../database.ts";
import { emptyLists } from "../empty-lists.ts";
import { eventState } from "../event-log.ts";
import { migrate } from "../migrate.ts";
import { migrations } from "../migrations.ts";
import { createSqlStore } from "../sql-store.ts";
import { defaultPatienceMs, type StoreOpening } from "../store-kind.ts";
import type { Tables } from "../tables.ts";
import { readPostgresAddress, type PostgresAddress } from "./postgres-address.ts";
import { translatePostgres } from "./postgres-failure.ts";
import { postgresWords } from "./postgres-words.ts";
import { withoutNul } from "./without-nul.ts";

const connections = 10;
/** A process that hangs within its turn to write must not hold up the others. */
const longestIdleInTurnMs = 15_000;
/** Waits before a lost listening connection is made anew, and between two looks in case a notification was lost. */
const reconnectMs = 500;
const lookMs = 5_000;

/** Opens the database; makes its schema and tables where they are missing. */
export async function openPostgresStore(opening: StoreOpening): Promise<JobStore> {
  const { clock, patienceMs = defaultPatienceMs } = opening;
  const address = readPostgresAddress(opening.url);
  const settings = clientSettings(address, patienceMs);
  const pool = new Pool({ ...settings, max: connections });
  // A connection that breaks, idle or lent, is replaced at the next request; whoever waits on it has its own error.
  pool.on("error", () => {});
  pool.on("connect", (client) => void client.on("error", () => {}));
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), plugins: [emptyLists, withoutNul] });
  try {
    await kysely.transaction().execute(async (trx) => {
      // Processes that start together take turns; the number is any, the schema tells apart who shares a server.
      await sql`select pg_advisory_xact_lock(727100, hashtext(${address.schema}))`.execute(trx);
      const there = await sql`select 1 from pg_namespace where nspname = ${address.schema}`.execute(trx);
      if (there.rows.length === 0) await sql`create schema ${sql.id(address.schema)}`.execute(trx);
      await migrate(trx, { migrations, words: postgresWords, nowMs: await serverNow(trx), name: address.name });
    });
    return createSqlStore(postgresDatabase({ address, settings, clock, kysely }));
  } catch (error) {
    await kysely.destroy();
    throw translatePostgres(error, address.name);
  }
}

function postgresDatabase(parts: {
  readonly address: PostgresAddress;
  readonly settings: ClientConfig;
  readonly clock: Clock;
  readonly kysely: Kysely<Tables>;
}): Database {
  const { address, settings, clock, kysely } = parts;
  const channel = `sluice_events_${address.schema}`;
  return {
    kind: "postgres",
    name: address.name,
    reads: kysely,
    write: (work) =>
      kysely.transaction().execute(async (trx) => {
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
    now: () => serverNow(kysely),
    async watch(onEvents, signal) {
      while (!signal.aborted) {
        await listen({ settings, channel, kysely, clock }, onEvents, signal);
        await clock.sleep(reconnectMs, signal);
      }
    },
    translate: (error) => translatePostgres(error, address.name),
    close: () => kysely.destroy(),
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
    readonly kysely: Kysely<Tables>;
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
      const { last } = await eventState(parts.kysely);
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
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: longestIdleInTurnMs,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  };
}

/** `bigint` comes as text otherwise; Sluice's numbers (milliseconds, counts) all fit a double. */
const bigintOid = 20;
const parserOf: typeof types.getTypeParser = (oid: number, format?: unknown) =>
  oid === bigintOid ? Number : types.getTypeParser(oid, format === "binary" ? "binary" : "text");
