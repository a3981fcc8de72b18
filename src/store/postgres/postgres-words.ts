import type { SqlWords } from "../migration.ts";

/** Text in byte order, so that a page of names ends where SQLite ends it. */
export const postgresWords: SqlWords = { integer: "bigint", text: `text collate "C"`, tableEnd: "" };
