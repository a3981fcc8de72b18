import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Clock } from "../../jobs/clock.ts";
import { rateLimits } from "./rate-limits.ts";
import { TokenBucket } from "./token-bucket.ts";

describe("KUBE_QPS and KUBE_BURST", () => {
  test.each([
    [{}, { qps: 100, burst: 200 }],
    [
      { KUBE_QPS: "", KUBE_BURST: "" },
      { qps: 100, burst: 200 },
    ],
    [
      { KUBE_QPS: "0", KUBE_BURST: "0" },
      { qps: 100, burst: 200 },
    ],
    [{ KUBE_QPS: "0.5" }, { qps: 0.5, burst: 200 }],
    [
      { KUBE_QPS: "1e2", KUBE_BURST: "7" },
      { qps: 100, burst: 7 },
    ],
    [{ KUBE_BURST: "5" }, { qps: 100, burst: 5 }],
  ])("%j mean %j", (environment, expected) => {
    expect(rateLimits(environment)).toEqual(expected);
  });

  test.each(["-1", "five", "NaN", "Inf", "1e999", "0x10", "1,5"])("KUBE_QPS=%s is refused", (value) => {
    expect(() => rateLimits({ KUBE_QPS: value })).toThrow(
      expect.objectContaining({ status: 400, message: "KUBE_QPS must be a non-negative number" }),
    );
  });

  test.each(["-1", "five", "1.5", "1e3"])("KUBE_BURST=%s is refused", (value) => {
    expect(() => rateLimits({ KUBE_BURST: value })).toThrow(
      expect.objectContaining({ status: 400, message: "KUBE_BURST must be a non-negative integer" }),
    );
  });
});

describe("the bucket", () => {
  const { signal } = new AbortController();

  /** A clock on which sleepers wake in the order of their times. */
  function steppedClock(): Clock & { run(): Promise<void>; set(now: number): void } {
    let now = 0;
    const sleepers: { at: number; wake: () => void }[] = [];
    return {
      now: () => now,
      sleep: (ms, aborted) =>
        new Promise((resolve) => {
          sleepers.push({ at: now + ms, wake: resolve });
          aborted.addEventListener("abort", () => resolve(), { once: true });
        }),
      set: (time) => {
        now = time;
      },
      async run() {
        await turn();
        while (sleepers.length > 0) {
          const [next] = sleepers.sort((left, right) => left.at - right.at).splice(0, 1);
          now = Math.max(now, next?.at ?? now);
          next?.wake();
          await turn();
        }
      },
    };
  }

  test("lets a burst out at once and the rest in their order, evenly", async () => {
    const clock = steppedClock();
    const bucket = new TokenBucket({ qps: 10, burst: 3 }, clock);
    const out: [number, number][] = [];
    const all = Promise.all(
      Array.from({ length: 7 }, async (_, index) => {
        await bucket.take(signal);
        out.push([index, clock.now()]);
      }),
    );
    await clock.run();
    await all;
    expect(out).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 100],
      [4, 200],
      [5, 300],
      [6, 400],
    ]);
  });

  test("fills up while nothing is asked, to the burst and no further, and not by a clock that is set back", async () => {
    const clock = steppedClock();
    const bucket = new TokenBucket({ qps: 10, burst: 2 }, clock);
    clock.set(60_000);
    await bucket.take(signal);
    await bucket.take(signal);
    clock.set(0);
    const third = bucket.take(signal).then(() => clock.now());
    await clock.run();
    expect(await third).toBe(100);
  });

  test("gives the turn of who aborts to the next", async () => {
    const clock = steppedClock();
    const bucket = new TokenBucket({ qps: 1, burst: 1 }, clock);
    await bucket.take(signal);
    const stop = new AbortController();
    const aborted = bucket.take(stop.signal);
    stop.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const next = bucket.take(signal).then(() => clock.now());
    await clock.run();
    expect(await next).toBe(1000);
  });
});
