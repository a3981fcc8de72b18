import { describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { bench, request, settle } from "../../../test/topology-bench.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyStore } from "../topology-store.ts";
import { createMemoryTopologyStore } from "./memory-topology-store.ts";

describe("failures", () => {
  test.each([408, 429, 500, 502, 503, 504])(
    "after %i it is tried four times more, 2, 4, 8 and 16 s later",
    async (status) => {
      await using it = await bench({ run: () => Promise.reject(new TopologyError(status, "not now")) });
      const { id, number } = await it.service.submit(request("a"));
      await it.clock.pass(100);
      for (const [attempts, waitMs] of [2_000, 4_000, 8_000, 16_000].entries()) {
        expect(it.service.result(id).status).toBe(202);
        expect(await it.store.get(number)).toMatchObject({
          state: "retrying",
          attempts: attempts + 1,
          status,
          reason: "not now",
          nextAttemptMs: it.clock.now() + waitMs,
        });
        await it.clock.pass(waitMs - 1);
        expect(it.ran).toHaveLength(attempts + 1);
        await it.clock.pass(1);
        expect(it.ran).toHaveLength(attempts + 2);
      }
      expect(it.service.result(id)).toEqual({ status, body: "not now" });
      expect(await it.store.get(number)).toMatchObject({ state: "failed", attempts: 5 });
      expect(it.measured).toEqual(Array(5).fill(`${status} 0`));
      await it.clock.pass(100_000);
      expect(it.ran).toHaveLength(5);
    },
  );

  test.each([400, 401, 404])("%i is final at once", async (status) => {
    await using it = await bench({ run: () => Promise.reject(new TopologyError(status, "no")) });
    const { id } = await it.service.submit(request("a"));
    await it.clock.pass(100);
    expect(it.service.result(id)).toEqual({ status, body: "no" });
    expect(it.ran).toHaveLength(1);
  });

  test("a 202 of a provider stays, with its words", async () => {
    await using it = await bench({ run: () => Promise.reject(new TopologyError(202, "still at it")) });
    const { id } = await it.service.submit(request("a"));
    await it.clock.pass(100);
    expect(it.service.result(id)).toEqual({ status: 202, body: "still at it" });
  });

  test("an attempt that succeeds later leaves no trace of those that failed", async () => {
    let attempts = 0;
    await using it = await bench({
      run: async () => {
        attempts += 1;
        if (attempts < 3) throw new Error("it hiccups");
        return { body: "tree" };
      },
    });
    const { id, number } = await it.service.submit(request("a"));
    await it.clock.pass(100);
    expect(await it.store.get(number)).toMatchObject({ status: 500, reason: "it hiccups" });
    await it.clock.pass(2_000);
    await it.clock.pass(4_000);
    expect(it.service.result(id)).toEqual({ status: 200, body: "tree" });
    const record = await it.store.get(number);
    expect(record).toMatchObject({ state: "done", attempts: 3, status: 200 });
    expect(record).not.toHaveProperty("reason");
    expect(record).not.toHaveProperty("nextAttemptMs");
  });

  test("who does not heed the end of an attempt is not waited for", async () => {
    await using it = await bench({ attemptMs: 5, run: () => new Promise(() => {}) });
    const { number } = await it.service.submit(request("a"));
    await it.clock.pass(100);
    await expect
      .poll(async () => it.store.get(number), { timeout: 30_000 })
      .toMatchObject({ state: "retrying", status: 504, reason: "the attempt took longer than 0.005 s" });
  });
});

describe("bounds and ends", () => {
  test("more than a thousand requests under way are refused, until some have ended", async () => {
    await using it = await bench();
    for (let count = 0; count < 1_000; count++) await it.service.submit(request(`t${count}`));
    await expect(it.service.submit(request("one more"))).rejects.toMatchObject({ status: 503 });
    await it.clock.pass(100);
    for (let turn = 0; it.ran.length < 1_000 && turn < 1_000; turn++) await settle();
    expect((await it.service.submit(request("one more"))).number).toBe(1_001);
  });

  test("a server that closes ends what runs and what waits, and says so", async () => {
    const it = await bench({
      run: (_request, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("over")))),
    });
    await it.service.submit(request("a"));
    await it.clock.pass(100);
    await it.service.submit(request("b"));
    await it[Symbol.asyncDispose]();
    for (const number of [1, 2]) {
      expect(await it.store.get(number)).toMatchObject({
        state: "lost",
        reason: "the server ended before the request was done; send it again",
      });
    }
    await expect(it.service.submit(request("c"))).rejects.toMatchObject({ status: 503 });
  });

  test("the next server knows the answers, and that what a dead one left undone is lost", async () => {
    const store = createMemoryTopologyStore();
    const before = await bench({ store });
    const done = await before.service.submit(request("a", "n1"));
    await before.clock.pass(100);
    const undone = await before.service.submit(request("b"));
    await using other = await bench({ store, isDead: (holder) => holder === "me" });
    expect(other.service.result(done.id)).toEqual({ status: 200, body: "n1" });
    expect(other.service.result(undone.id).status).toBe(404);
    expect(await store.get(undone.number)).toMatchObject({ state: "lost" });
    expect((await other.service.submit(request("c"))).number).toBe(3);
    await before[Symbol.asyncDispose]();
  });

  test("an answer stands under its id also where the store cannot keep it", async () => {
    const store = createMemoryTopologyStore();
    const broken: TopologyStore = { ...store, change: () => Promise.reject(new Error("the disk is full")) };
    await using it = await bench({ store: broken });
    const { id } = await it.service.submit(request("a", "n1"));
    await it.clock.pass(100);
    expect(it.service.result(id)).toEqual({ status: 200, body: "n1" });
  });

  test("how a request stands is written once a store that was away is back", async () => {
    const store = createMemoryTopologyStore();
    let isAway = true;
    const moody: TopologyStore = {
      ...store,
      async change(numbers, change) {
        if (isAway) throw new SluiceError("STORE_UNAVAILABLE", "away");
        await store.change(numbers, change);
      },
    };
    await using it = await bench({ store: moody });
    const { number } = await it.service.submit(request("a", "n1"));
    await it.clock.pass(100);
    expect(await store.get(number)).toMatchObject({ state: "waiting" });
    isAway = false;
    await it.clock.pass(1_000);
    expect(await store.get(number)).toMatchObject({ state: "done" });
    expect(await store.answer(number)).toEqual({ status: 200, body: "n1" });
  });

  test("a server that closes does not wait for a store that is away", async () => {
    const away: TopologyStore = {
      ...createMemoryTopologyStore(),
      change: () => Promise.reject(new SluiceError("STORE_UNAVAILABLE", "away")),
    };
    const it = await bench({ store: away });
    await it.service.submit(request("a", "n1"));
    await it.clock.pass(100);
    await it[Symbol.asyncDispose]();
    await expect(it.service.submit(request("a"))).rejects.toMatchObject({ status: 503 });
  });
});
