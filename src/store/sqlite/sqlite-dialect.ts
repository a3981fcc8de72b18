import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
  type SqliteDatabase,
  type SqliteStatement,
} from "kysely";
import { hasCome, type Clock } from "../../jobs/clock.ts";
import { isBusy } from "./sqlite-failure.ts";

export interface SqliteConnectionOptions {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  /** How long a statement that another process keeps from running is tried again. */
  readonly patienceMs: number;
}

/** Longer texts are those of many rows, each of another length: they are not prepared for a second time. */
const longestKept = 4_000;
const mostKept = 200;

/** Waits between two attempts at what another process has locked, in milliseconds. */
const busyPace = { first: 2, factor: 1.5, longest: 50 } as const;

const never = new AbortController().signal;

/**
 * node:sqlite for kysely: one connection, which kysely lends to one caller at a time. SQLite answers at once, or says at
 * once that it is busy; the waiting is done here, where it holds nothing else up.
 */
export function sqliteDialect(options: SqliteConnectionOptions): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new PatientDriver(options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class PatientDriver extends SqliteDriver {
  readonly #options: SqliteConnectionOptions;

  constructor(options: SqliteConnectionOptions) {
    super({ database: keepStatements(options.database) });
    this.#options = options;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new PatientConnection(await super.acquireConnection(), this.#options);
  }

  /** At once for writing: a transaction that began with reading may find that another process wrote meanwhile. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  /** Some errors, a full disk among them, have ended the transaction already. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#options.database.isTransaction) await super.rollbackTransaction(connection);
  }
}

class PatientConnection implements DatabaseConnection {
  readonly #inner: DatabaseConnection;
  readonly #options: SqliteConnectionOptions;

  constructor(inner: DatabaseConnection, options: SqliteConnectionOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { clock, patienceMs } = this.#options;
    const deadline = clock.now() + patienceMs;
    for (let wait: number = busyPace.first; ; wait = Math.min(wait * busyPace.factor, busyPace.longest)) {
      try {
        return await this.#inner.executeQuery<R>(query);
      } catch (error) {
        if (!isBusy(error) || hasCome(deadline, patienceMs, clock.now())) throw error;
        await clock.sleep(wait, never);
      }
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.streamQuery<R>(query, chunkSize);
  }
}

/** node:sqlite in the shape that kysely knows; statements are prepared once. */
function keepStatements(database: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => {
      kept.clear();
      if (database.isOpen) database.close();
    },
    prepare(sql) {
      const known = kept.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      const prepared: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters.map(toValue)),
        run: (parameters) => statement.run(...parameters.map(toValue)),
        iterate: (parameters) => statement.iterate(...parameters.map(toValue)),
      };
      if (sql.length > longestKept) return prepared;
      const [oldest] = kept.keys();
      if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
      kept.set(sql, prepared);
      return prepared;
    },
  };
}

function toValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === "number" || typeof value === "string" || typeof value === "bigint") {
    return value;
  }
  throw new Error(`a ${typeof value} cannot be a value in a statement`);
}
