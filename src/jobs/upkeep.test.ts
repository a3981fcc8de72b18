import { expect, test } from "vitest";
import type { Pruning } from "./store.ts";
import { keepUp } from "./upkeep.ts";

test("forgets every hour what is old enough, also after it went wrong, until it is stopped", async () => {
  const stop = new AbortController();
  const asked: Pruning[] = [];
  const waits: number[] = [];
  const reported: unknown[] = [];
  const failure = new Error("locked");
  await keepUp(
    {
      store: {
        async prune(pruning) {
          asked.push(pruning);
          if (asked.length === 1) throw failure;
          return { jobs: 0, events: 0, keys: 0 };
        },
      },
      clock: {
        now: () => Date.parse("2026-07-31T12:00:00Z"),
        async sleep(milliseconds) {
          waits.push(milliseconds);
          if (waits.length === 2) stop.abort();
        },
      },
      keepDays: 30,
      report: (error) => void reported.push(error),
    },
    stop.signal,
  );
  const before = "2026-07-01T12:00:00.000Z";
  const pruning = { jobsEndedBefore: before, eventsBefore: before, keysBefore: "2026-07-24T12:00:00.000Z" };
  expect(asked).toEqual([pruning, pruning]);
  expect(waits).toEqual([3_600_000, 3_600_000]);
  expect(reported).toEqual([failure]);
});
