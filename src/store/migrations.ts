import type { Migration } from "./migration.ts";
import { jobs } from "./migrations/0001-jobs.ts";
import { jobUser } from "./migrations/0002-job-user.ts";
import { topology } from "./migrations/0003-topology.ts";

/** All steps, in order. */
export const migrations: readonly Migration[] = [jobs, jobUser, topology];
