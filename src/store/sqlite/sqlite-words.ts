import type { SqlWords } from "../migration.ts";

/** Strict tables refuse a value of another type. */
export const sqliteWords: SqlWords = { integer: "integer", text: "text", tableEnd: " strict" };
