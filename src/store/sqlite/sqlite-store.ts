import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { dirname, resolve } from "node:path";
import { Kysely } from "kysely";
import { SluiceError } from "../../errors.ts";
import { hasCome, type Clock } from "../../jobs/clock.ts";
import type { Database } from "../database.ts";
import { emptyLists } from "../empty-lists.ts";
import { eventState } from "../event-log.ts";
import { migrate } from "../migrate.ts";
import { migrations } from "../migrations.ts";
import { createSqlStore } from "../sql-store.ts";
import { defaultPatienceMs, type OpenStore, type StoreOpening } from "../store-kind.ts";
import type { Tables } from "../tables.ts";
import { loadSqlite } from "./load-sqlite.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { isBusy, translateSqlite } from "./sqlite-failure.ts";
import { sqliteWords } from "./sqlite-words.ts";

/** How often the file is looked at for what other processes wrote, while somebody listens: one read of one row. */
const watchMs = 50;

/**
 * Opens the file, readable by its owner alone, for it holds scripts and their variables. One connection writes and one
 * reads; WAL lets the reader see the last commit while the writer, of this or another process, is at work.
 */
export async function openSqliteStore(opening: StoreOpening): Promise<OpenStore> {
  const { clock, patienceMs = defaultPatienceMs } = opening;
  const file = fileOf(opening.url);
  const opened: DatabaseSync[] = [];
  try {
    makeFile(file);
    const { DatabaseSync } = loadSqlite();
    const connect = async (): Promise<Kysely<Tables>> => {
      // Busy is answered at once: waiting within SQLite would hold up the whole process.
      const database = new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true });
      opened.push(database);
      await patiently({ clock, patienceMs }, () => {
        database.exec("pragma journal_mode = wal");
        database.exec("pragma synchronous = full");
      });
      return new Kysely<Tables>({ dialect: sqliteDialect({ database, clock, patienceMs }), plugins: [emptyLists] });
    };
    const writes = await connect();
    await writes
      .transaction()
      .execute((trx) => migrate(trx, { migrations, words: sqliteWords, nowMs: clock.now(), name: file }));
    const reads = await connect();
    const checkPlace = placeCheck(file);
    const database = sqliteDatabase({ file, clock, writes, reads, checkPlace, close: () => closeAll(opened) });
    return createSqlStore(database, opening.topologyBounds);
  } catch (error) {
    closeAll(opened);
    throw translateSqlite(error, file);
  }
}

function sqliteDatabase(parts: {
  readonly file: string;
  readonly clock: Clock;
  readonly writes: Kysely<Tables>;
  readonly reads: Kysely<Tables>;
  /** Throws where the file is not where it was any more. */
  readonly checkPlace: () => void;
  readonly close: () => void;
}): Database {
  const { file, clock, writes, reads, checkPlace, close } = parts;
  return {
    kind: "sqlite",
    name: file,
    reads,
    async write(work) {
      const result = await writes.transaction().execute(async (trx) => {
        const { last } = await eventState(trx);
        return work({ trx, nowMs: clock.now(), last });
      });
      // Nothing is answered for that only a file without a name holds.
      checkPlace();
      return result;
    },
    async publish(trx, last) {
      await trx.updateTable("event_state").set({ last }).execute();
    },
    now: async () => clock.now(),
    async watch(onEvents, signal) {
      while (!signal.aborted) {
        // A file that cannot be read is told to whoever reads it for its own sake.
        const state = await eventState(reads).catch(() => undefined);
        if (state !== undefined && !signal.aborted) onEvents(state.last);
        await clock.sleep(watchMs, signal);
      }
    },
    translate: (error) => translateSqlite(error, file),
    async close() {
      await reads.destroy();
      await writes.destroy();
      close();
    },
  };
}

/**
 * SQLite goes on writing to a file that was removed, or in whose place another was put, and all of it is lost in the end.
 * Gives what throws `STORE_UNAVAILABLE` once the file, or the log beside it, is another than now.
 */
function placeCheck(file: string): () => void {
  const parts = [file, `${file}-wal`];
  const identify = (path: string): string | undefined => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found && `${found.dev}:${found.ino}`;
  };
  const known = parts.map(identify);
  return () => {
    const gone = parts.find((path, at) => identify(path) !== known[at]);
    if (gone === undefined) return;
    throw new SluiceError(
      "STORE_UNAVAILABLE",
      `the database of jobs ${file} cannot be used: ${gone} was removed or replaced while it was open; put it back, or end every Sluice that uses it and start anew with what is there`,
      { details: { file } },
    );
  };
}

/** The last connection to go folds the log into the file. kysely closes only those that it has used. */
function closeAll(databases: readonly DatabaseSync[]): void {
  for (const database of databases) if (database.isOpen) database.close();
}

function fileOf(url: string): string {
  const path = url.replace(/^sqlite:(\/\/(?=\/))?/i, "");
  if (path !== "" && !path.includes("\0") && path !== ":memory:") return resolve(path);
  throw new SluiceError(
    "INPUT_INVALID",
    `store: ${JSON.stringify(path)} is no path of a file; write as in sqlite:/var/lib/sluice/jobs.db`,
    {
      details: { field: "store" },
    },
  );
}

function makeFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, "a", 0o600));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SluiceError("STORE_UNAVAILABLE", `the database of jobs ${file} cannot be made or opened: ${reason}`, {
      cause: error,
      details: { file },
    });
  }
}

async function patiently(
  { clock, patienceMs }: { readonly clock: Clock; readonly patienceMs: number },
  work: () => void,
): Promise<void> {
  const deadline = clock.now() + patienceMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || hasCome(deadline, patienceMs, clock.now())) throw error;
      await clock.sleep(10, AbortSignal.timeout(1_000));
    }
  }
}
