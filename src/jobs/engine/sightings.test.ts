import { describe, expect, test } from "vitest";
import { storedJob } from "../../../test/stored-job.ts";
import type { JobObservation, JobState } from "../../schema/job.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import { compareRows } from "./compare-rows.ts";
import { summarize } from "./sightings.ts";
import type { TrackedJob } from "./tracked-jobs.ts";

function task(number: number, state: JobState, rest: Partial<JobObservation> = {}): JobObservation {
  return { nativeId: `7_${number}`, state, rawState: state.toUpperCase(), ...rest };
}

describe("what tasks amount to", () => {
  test.for([
    [["completed", "completed"], 2, "completed"],
    [["completed", "failed"], 2, "failed"],
    [["failed", "node_fail", "cancelled"], 3, "node_fail"],
    [["completed", "running", "pending"], 3, "running"],
    [["suspended", "pending"], 2, "suspended"],
    [["held", "completed"], 2, "held"],
    [["pending", "held"], 2, "pending"],
    // The third has not been seen, so it waits.
    [["completed", "failed"], 3, "pending"],
  ] as const)("%j of %i are %s", ([states, expected, whole]) => {
    const tasks = states.map((state, at) => task(at, state));
    expect(summarize(tasks, expected)?.state).toBe(whole);
  });

  test("begins with the first and ends with the last, with the exit of the worst", () => {
    const tasks = [
      task(0, "completed", {
        startedAt: "2026-01-01T00:00:02Z",
        endedAt: "2026-01-01T00:00:09Z",
        exit: { status: 0, signal: 0 },
      }),
      task(1, "failed", {
        startedAt: "2026-01-01T00:00:01Z",
        endedAt: "2026-01-01T00:00:05Z",
        exit: { status: 3, signal: 0 },
        restarts: 2,
      }),
    ];
    expect(summarize(tasks, 2)).toMatchObject({
      startedAt: "2026-01-01T00:00:01Z",
      endedAt: "2026-01-01T00:00:09Z",
      exit: { status: 3, signal: 0 },
      restarts: 2,
    });
    expect(summarize(tasks, 3)).not.toHaveProperty("endedAt");
  });
});

describe("what is new about a job", () => {
  function tracked(rest: Partial<StoredJob> = {}): TrackedJob {
    const job = storedJob({ state: "pending", ...rest });
    return { job, seen: new Map(), settleAt: 0, settleWaitMs: 1000 };
  }
  const row = (observation: JobObservation, rest: object = {}) => ({
    ...observation,
    jobNativeId: "7",
    user: "u",
    ...rest,
  });

  test("is told once", () => {
    const entry = tracked();
    const seen = row({ nativeId: "7", state: "running", rawState: "RUNNING" });
    expect(compareRows(entry, [seen])).toEqual({
      jobId: "J",
      job: { nativeId: "7", state: "running", rawState: "RUNNING" },
    });
    expect(compareRows(entry, [seen])).toBeUndefined();
    expect(compareRows(entry, [{ ...seen, restarts: 1 }])).toMatchObject({ job: { restarts: 1 } });
  });

  test("of an array that was cancelled before any of its tasks was seen is the end of all of them", () => {
    const cancelled = row(
      { nativeId: "7_[0-2]", state: "cancelled", rawState: "CANCELLED" },
      { waitingTasks: [0, 1, 2] },
    );
    const sighting = compareRows(tracked({ tasks: [0, 1, 2] }), [cancelled]);
    expect(sighting).toMatchObject({ job: { state: "cancelled", rawState: "CANCELLED" } });
    expect(sighting?.tasks?.map(({ nativeId, state }) => `${nativeId} ${state}`)).toEqual([
      "7_0 cancelled",
      "7_1 cancelled",
      "7_2 cancelled",
    ]);
  });

  test("of an array whose tasks wait together is told as the array's, not a thousand times", () => {
    const entry = tracked({ tasks: [0, 1, 2] });
    const waiting = row(
      { nativeId: "7_[0-2]", state: "held", rawState: "PENDING", reason: "JobHeldUser" },
      { waitingTasks: [0, 1, 2] },
    );
    expect(compareRows(entry, [waiting])).toEqual({
      jobId: "J",
      job: expect.objectContaining({ state: "held", reason: "JobHeldUser" }),
    });
    const begun = [
      row(task(0, "running")),
      row({ nativeId: "7_[1-2]", state: "pending", rawState: "PENDING" }, { waitingTasks: [1, 2] }),
    ];
    expect(compareRows(entry, begun)).toMatchObject({ job: { state: "running" }, tasks: [{ nativeId: "7_0" }] });
    // The first was requeued: it waits with the others again.
    const again = row(
      { nativeId: "7_[0-2]", state: "pending", rawState: "PENDING", restarts: 1 },
      { waitingTasks: [0, 1, 2] },
    );
    expect(compareRows(entry, [again])).toMatchObject({
      job: { state: "pending" },
      tasks: [{ nativeId: "7_0", state: "pending", restarts: 1 }],
    });
  });

  test("of a heterogeneous job is told by component", () => {
    const entry = tracked();
    const rows = [row({ ...task(0, "running"), nativeId: "7+0" }), row({ ...task(0, "pending"), nativeId: "7+1" })];
    expect(compareRows(entry, rows)).toMatchObject({
      job: { state: "running" },
      tasks: [{ nativeId: "7+0" }, { nativeId: "7+1" }],
    });
  });
});
