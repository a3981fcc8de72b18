import { sql, type Transaction } from "kysely";
import { SluiceError } from "../errors.ts";
import type { Migration, SqlWords } from "./migration.ts";
import type { Tables } from "./tables.ts";

export interface Migrating {
  readonly migrations: readonly Migration[];
  readonly words: SqlWords;
  readonly nowMs: number;
  /** The store's name, for messages. */
  readonly name: string;
}

/**
 * Brings the tables up to date within one transaction that no other writer shares. Steps that a newer Sluice took stay;
 * throws `STORE_NEWER` where one of them is breaking.
 */
export async function migrate(trx: Transaction<Tables>, { migrations, words, nowMs, name }: Migrating): Promise<void> {
  await sql
    .raw(
      `create table if not exists migration (
        number ${words.integer} primary key,
        name ${words.text} not null,
        breaking ${words.integer} not null,
        applied_ms ${words.integer} not null
      )${words.tableEnd}`,
    )
    .execute(trx);
  const applied = await trx.selectFrom("migration").select(["number", "name", "breaking"]).orderBy("number").execute();
  const known = new Set(migrations.map(({ number }) => number));
  const foreign = applied.find(({ number, breaking }) => breaking === 1 && !known.has(number));
  if (foreign !== undefined) {
    throw new SluiceError(
      "STORE_NEWER",
      `${name} was changed by a newer Sluice (step ${foreign.number}, ${foreign.name}), which this one does not understand; run the newer one`,
      { details: { step: foreign.number } },
    );
  }
  const done = new Set(applied.map(({ number }) => number));
  for (const migration of migrations) {
    if (done.has(migration.number)) continue;
    for (const statement of migration.statements(words)) await sql.raw(statement).execute(trx);
    await trx
      .insertInto("migration")
      .values({
        number: migration.number,
        name: migration.name,
        breaking: migration.breaking ? 1 : 0,
        applied_ms: nowMs,
      })
      .execute();
  }
}
