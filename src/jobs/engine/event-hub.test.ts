import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../store/registry.ts";
import { systemClock } from "../clock.ts";
import type { Followed } from "../job-service.ts";
import { acceptOne } from "../store-fixture.contract.ts";
import type { EventFilter, JobStore } from "../store.ts";
import { EventHub } from "./event-hub.ts";

let folder: string;
let store: JobStore;
let hub: EventHub;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "events-"));
  store = await openStore({ url: join(folder, "jobs.db"), clock: systemClock });
  hub = new EventHub(store, systemClock);
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const never = new AbortController().signal;

/** What a follower is told, up to so many. */
async function told(
  count: number,
  { after, filter = {}, signal = never }: { after?: number; filter?: EventFilter; signal?: AbortSignal },
): Promise<readonly Followed[]> {
  const events: Followed[] = [];
  for await (const event of hub.follow(after, filter, signal)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

const numbers = (events: readonly Followed[]): readonly number[] => events.map(({ seq }) => seq);

test("whoever follows from now on is told of all that happens, in order, and of nothing before", async () => {
  await acceptOne(store);
  const from = await hub.last();
  const followers = [told(3, { after: from }), told(3, {})];
  await Promise.all([0, 1, 2].map(() => acceptOne(store)));
  const [first = []] = await Promise.all(followers);
  expect(numbers(first)).toEqual([from + 1, from + 2, from + 3]);
  expect(await followers[1]).toEqual(first);
});

test("whoever comes with an old number reads from the store what memory does not hold, and goes on with what happens", async () => {
  for (let at = 0; at < 5; at += 1) await acceptOne(store);
  await hub.last();
  const following = told(6, { after: 1 });
  await acceptOne(store);
  await acceptOne(store);
  expect(numbers(await following)).toEqual([2, 3, 4, 5, 6, 7]);
});

test("only what the filter takes is told, from the store and from memory alike", async () => {
  await acceptOne(store, { owner: "ada" });
  await acceptOne(store, { owner: "bob" });
  await hub.last();
  const following = told(2, { after: 0, filter: { owner: "bob" } });
  await acceptOne(store, { owner: "ada" });
  await acceptOne(store, { owner: "bob" });
  expect(numbers(await following)).toEqual([2, 4]);
});

test("a slow follower loses nothing of what happens while it is busy", async () => {
  const following = hub.follow(0, {}, never)[Symbol.asyncIterator]();
  const first = following.next();
  await acceptOne(store);
  expect((await first).value).toMatchObject({ seq: 1 });
  for (let at = 0; at < 4; at += 1) await acceptOne(store);
  const rest = [];
  for (let at = 0; at < 4; at += 1) rest.push((await following.next()).value?.seq);
  expect(rest).toEqual([2, 3, 4, 5]);
  expect(await following.return?.()).toEqual({ done: true, value: undefined });
  expect(await following.next()).toEqual({ done: true, value: undefined });
});

test("whoever asks for events that are gone, or never were, is told so first", async () => {
  for (let at = 0; at < 6; at += 1) await acceptOne(store);
  await store.prune({ keepEvents: 2 });
  expect(await told(3, { after: 1 })).toMatchObject([{ missed: true }, { seq: 5 }, { seq: 6 }]);
  const beyond = told(2, { after: 100 });
  await acceptOne(store);
  expect((await beyond)[0]).toMatchObject({ missed: true });
});

test("a follower that waits is let go when its signal aborts, and when the hub closes", async () => {
  const stop = new AbortController();
  const [one, other] = [told(1, { signal: stop.signal }), told(1, {})];
  await hub.last();
  stop.abort();
  expect(await one).toEqual([]);
  await hub[Symbol.asyncDispose]();
  expect(await other).toEqual([]);
  expect(await told(1, { signal: stop.signal })).toEqual([]);
});

test("a follower that is behind hears that the store cannot be read", async () => {
  await acceptOne(store);
  await hub.last();
  await store[Symbol.asyncDispose]();
  await expect(told(1, { after: 0 })).rejects.toThrow("destroyed");
});
