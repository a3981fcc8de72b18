import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../jobs/clock.ts";
import { acceptOne } from "../jobs/store-fixture.contract.ts";
import { migrations } from "./migrations.ts";
import { postgresWords } from "./postgres/postgres-words.ts";
import { openStore } from "./registry.ts";
import { sqliteWords } from "./sqlite/sqlite-words.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "sluice-store-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A store to which a Sluice of the future has added a step. */
async function fromTheFuture(breaking: 0 | 1): Promise<string> {
  const file = join(folder, "jobs.db");
  const store = await openStore({ url: file, clock: systemClock });
  await acceptOne(store);
  await store[Symbol.asyncDispose]();
  const database = new DatabaseSync(file);
  database.exec(`insert into migration values (999, 'future', ${breaking}, 0)`);
  database.close();
  return file;
}

test("tables that a newer Sluice changed beyond recognition are refused and left alone", async () => {
  const url = await fromTheFuture(1);
  const opening = openStore({ url, clock: systemClock });
  await expect(opening).rejects.toMatchObject({ code: "STORE_NEWER", message: expect.stringContaining("999, future") });
});

test("tables to which a newer Sluice only added are used", async () => {
  const url = await fromTheFuture(0);
  await using store = await openStore({ url, clock: systemClock });
  await acceptOne(store);
  expect(await store.lastEvent()).toBe(2);
});

test("steps are numbered without a gap, and what was released is as it was", () => {
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
  expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1));
  const released = migrations.map((migration) => ({
    step: `${migration.number} ${migration.name}${migration.breaking ? ", breaking" : ""}`,
    sqlite: digest(migration.statements(sqliteWords).join(";\n")),
    postgres: digest(migration.statements(postgresWords).join(";\n")),
  }));
  expect(released).toMatchInlineSnapshot(`
    [
      {
        "postgres": "314e882e221353b4",
        "sqlite": "e6d86ad2a1249ce9",
        "step": "1 jobs, breaking",
      },
      {
        "postgres": "19ad1e8820967e9d",
        "sqlite": "a806d8f822c82e72",
        "step": "2 job-user, breaking",
      },
      {
        "postgres": "3c0e7f040e2e0ede",
        "sqlite": "b8c93abf593f8dc8",
        "step": "3 topology",
      },
    ]
  `);
});
