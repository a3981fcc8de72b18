import type { StoredJob } from "../src/schema/stored-job.ts";

/** A job that runs, as a store has it, for tests of what is done with such jobs. */
export function storedJob(rest: Partial<StoredJob> = {}): StoredJob {
  return {
    id: "J",
    position: 1,
    cluster: "c",
    owner: "ada",
    name: "n",
    labels: {},
    state: "running",
    freshness: "fresh",
    nativeId: "7",
    directory: "/d",
    acceptedAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    restarts: 0,
    cancelRequested: false,
    version: 1,
    ...rest,
  };
}
