import type { Migration } from "./migration.ts";
import { jobs } from "./migrations/0001-jobs.ts";
import { jobUser } from "./migrations/0002-job-user.ts";

/** All steps, in order. */
export const migrations: readonly Migration[] = [jobs, jobUser];
