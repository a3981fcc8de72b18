import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../store/registry.ts";
import { systemClock, type Clock } from "../clock.ts";
import { acceptOne, newJob, submitOne } from "../store-fixture.contract.ts";
import type { JobStore } from "../store.ts";
import { endJobsBefore } from "./part-with-jobs.ts";

let folder: string;
let store: JobStore;
let nowMs: number;
beforeEach(async () => {
  nowMs = Date.parse("2026-07-01T12:00:00Z");
  const clock: Clock = { ...systemClock, now: () => nowMs };
  folder = await mkdtemp(join(tmpdir(), "part-"));
  store = await openStore({ url: join(folder, "jobs.db"), clock });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test("all jobs of a cluster that was made anew end, however many wait, and those that came after it stay", async () => {
  const lease = await store.acquireLease("alpha", "one", 600_000);
  if (lease === undefined) throw new Error("the lease is taken");
  const had = await submitOne(store, lease, "1");
  await store.accept(Array.from({ length: 450 }, () => newJob()));
  nowMs += 1_000;
  const since = new Date(nowMs).toISOString();
  nowMs += 1_000;
  const later = await acceptOne(store);
  await endJobsBefore(store, lease, since);
  expect(await store.count({ clusters: ["alpha"] })).toMatchObject({ rejected: 450, cancelled: 1, accepted: 1 });
  expect((await store.get(had.id))?.reason).toBe("ClusterGone");
  expect((await store.get(later.id))?.state).toBe("accepted");
});
