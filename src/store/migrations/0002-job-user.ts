import type { Migration } from "../migration.ts";

/** As which Unix user a job runs. Breaking: a Sluice that does not know of it would run the jobs of others as itself. */
export const jobUser: Migration = {
  number: 2,
  name: "job-user",
  breaking: true,
  statements: ({ text }) => [`alter table job add column unix_user ${text}`],
};
