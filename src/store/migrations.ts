import type { Migration } from "./migration.ts";
import { jobs } from "./migrations/0001-jobs.ts";

/** All steps, in order. */
export const migrations: readonly Migration[] = [jobs];
