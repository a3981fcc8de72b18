import { describe, expect, test } from "vitest";
import type { WithStore } from "./store.contract.ts";
import { acceptOne, eventsSince, lease, submitOne } from "./store-fixture.contract.ts";

/** What a store does with what was seen of jobs. */
export function describeStoreSightings(withStore: WithStore): void {
  describe("sightings", () => {
    test("what is seen is laid over what is known, and told where it is news", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const { id: jobId } = await submitOne(store, fence, "12");
        const before = await store.lastEvent();
        const running = {
          state: "running",
          rawState: "RUNNING",
          nodes: "cpu-[0-1]",
          partition: "main",
          startedAt: "2026-01-01T00:00:01.000Z",
          stdoutPath: "/jobs/out",
        } as const;
        const [seen] = await store.applySightings([{ jobId, job: running }], fence);
        expect(seen).toMatchObject(running);
        expect(await store.get(jobId)).toEqual(seen);

        const ended = { state: "failed", rawState: "FAILED", exit: { status: 3, signal: 0 } } as const;
        await store.applySightings([{ jobId, job: ended }], fence);
        expect(await store.get(jobId)).toMatchObject({ ...running, ...ended, version: 5 });
        const told = (await eventsSince(store, before)).map(({ type, data }) => ({ type, data }));
        expect(told).toMatchObject([
          { type: "state", data: { state: "running", previous: "pending", nodes: "cpu-[0-1]" } },
          { type: "state", data: { state: "failed", previous: "running", exit: { status: 3, signal: 0 } } },
        ]);
      }));

    test("what is no news changes nothing", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const { id: jobId } = await submitOne(store, fence, "12");
        const sighting = { jobId, job: { state: "pending", rawState: "PENDING", reason: "Resources" } } as const;
        await store.applySightings([sighting], fence);
        const [job, last] = [await store.get(jobId), await store.lastEvent()];
        expect(await store.applySightings([sighting], fence)).toEqual([]);
        expect(await store.get(jobId)).toEqual(job);
        expect(await store.lastEvent()).toBe(last);
      }));

    test("a late look does not wake what has ended, a requeue does and counts", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const { id: jobId } = await submitOne(store, fence, "12");
        const ended = {
          state: "node_fail",
          rawState: "NODE_FAIL",
          exit: { status: 1, signal: 0 },
          nodes: "n1",
        } as const;
        await store.applySightings([{ jobId, job: ended }], fence);
        const late = { jobId, job: { state: "running", rawState: "RUNNING" } } as const;
        expect(await store.applySightings([late], fence)).toEqual([]);
        const other = { jobId, job: { state: "completed", rawState: "COMPLETED" } } as const;
        expect(await store.applySightings([other], fence)).toEqual([]);
        const requeued = { state: "pending", rawState: "PENDING", reason: "BeginTime", restarts: 1 } as const;
        const [job] = await store.applySightings([{ jobId, job: requeued }], fence);
        expect(job).toMatchObject(requeued);
        expect(job).not.toHaveProperty("exit");
        expect(job).not.toHaveProperty("nodes");
        expect(await store.applySightings([{ jobId, job: { ...ended, restarts: 0 } }], fence)).toEqual([]);
      }));

    test("what was known of a run is forgotten when its job waits again, though the requeue was counted before", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const { id: jobId } = await submitOne(store, fence, "12");
        const ending = {
          state: "completing",
          rawState: "COMPLETING",
          startedAt: "2026-01-01T00:00:00Z",
          nodes: "n1",
          restarts: 1,
        } as const;
        await store.applySightings([{ jobId, job: ending }], fence);
        const waits = { state: "pending", rawState: "PENDING", restarts: 1 } as const;
        const [job] = await store.applySightings([{ jobId, job: waits }], fence);
        expect(job).toMatchObject(waits);
        expect(job).not.toHaveProperty("startedAt");
        expect(job).not.toHaveProperty("nodes");
      }));

    test("tasks of an array have states of their own", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const { id: jobId } = await submitOne(store, fence, "12", { tasks: [2, 10] });
        const before = await store.lastEvent();
        const [running, pending] = [
          { nativeId: "12_10", state: "running", rawState: "RUNNING", nodes: "n1" },
          { nativeId: "12_2", state: "pending", rawState: "PENDING", reason: "Resources" },
        ] as const;
        await store.applySightings([{ jobId, tasks: [running, pending] }], fence);
        expect(await store.tasksOf(jobId)).toMatchObject([pending, running]);
        const done = { ...running, state: "completed", rawState: "COMPLETED", exit: { status: 0, signal: 0 } } as const;
        const whole = { state: "running", rawState: "RUNNING" } as const;
        await store.applySightings([{ jobId, job: whole, tasks: [done, pending] }], fence);
        expect(await store.tasksOf(jobId)).toMatchObject([pending, done]);
        expect((await store.get(jobId))?.state).toBe("running");
        const told = (await eventsSince(store, before)).map(({ type, data }) => [
          type,
          "nativeId" in data && data.nativeId,
        ]);
        expect(told).toEqual([
          ["task", "12_10"],
          ["task", "12_2"],
          ["state", false],
          ["task", "12_10"],
        ]);
      }));

    test("a cluster that goes quiet makes its jobs stale, and what is seen again is fresh", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const seen = await submitOne(store, fence, "12");
        const unseen = await submitOne(store, fence, "13");
        await acceptOne(store);
        await submitOne(store, await lease(store, "beta"), "12");
        const before = await store.lastEvent();
        expect(await store.markFreshness("stale", fence)).toBe(2);
        expect(await store.markFreshness("stale", fence)).toBe(0);
        const sighting = { jobId: seen.id, job: { state: "pending", rawState: "PENDING" } } as const;
        await store.applySightings([sighting], fence);
        expect(await store.markFreshness("hidden", fence, { jobIds: [unseen.id] })).toBe(1);
        expect((await store.active("alpha")).map(({ id, state, freshness }) => [id, state, freshness])).toEqual([
          [seen.id, "pending", "fresh"],
          [unseen.id, "pending", "hidden"],
        ]);
        const told = (await eventsSince(store, before)).filter(({ type }) => type === "freshness");
        expect(told.map(({ jobId, data }) => [jobId, data])).toEqual([
          [seen.id, { freshness: "stale" }],
          [unseen.id, { freshness: "stale" }],
          [seen.id, { freshness: "fresh" }],
          [unseen.id, { freshness: "hidden" }],
        ]);
      }));

    test("thousands of jobs and tasks go in at once", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const { id: jobId } = await submitOne(store, fence, "12");
        const tasks = Array.from({ length: 3_000 }, (_, index) => ({
          nativeId: `12_${index}`,
          state: "running" as const,
          rawState: "RUNNING",
        }));
        await store.applySightings([{ jobId, tasks }], fence);
        expect((await store.tasksOf(jobId)).map(({ nativeId }) => nativeId)).toEqual(
          tasks.map(({ nativeId }) => nativeId),
        );
      }));

    test("a NUL in what a scheduler says hinders nothing", () =>
      withStore(async (store) => {
        const fence = await lease(store);
        const { id: jobId } = await submitOne(store, fence, "12");
        await store.applySightings([{ jobId, job: { state: "pending", rawState: "PENDING", reason: "a\0b" } }], fence);
        expect(await store.get(jobId)).toMatchObject({ reason: "a\uFFFDb" });
      }));
  });
}
