import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import { TokenBucket } from "./token-bucket.ts";

const never = new AbortController().signal;

/** Time that passes only while somebody sleeps. */
function sleepyClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    async sleep(milliseconds) {
      await new Promise((resolve) => setImmediate(resolve));
      now += milliseconds;
    },
  };
}

test("a full bucket is served at once, and then as fast as it fills", async () => {
  const clock = sleepyClock();
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, clock);
  const served = await Promise.all(
    Array.from({ length: 7 }, async () => {
      await bucket.take(never);
      return clock.now();
    }),
  );
  expect(served).toEqual([0, 0, 0, 500, 1000, 1500, 2000]);
});

test("who says that a person waits is served before those who do not, in order of their coming", async () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, sleepyClock());
  await bucket.take(never);
  const order: string[] = [];
  const take = async (name: string, urgent: boolean): Promise<void> => {
    await bucket.take(never, urgent);
    order.push(name);
  };
  await Promise.all([take("a", false), take("b", false), take("c", true), take("d", true)]);
  expect(order).toEqual(["c", "d", "a", "b"]);
});

test("whoever gives up waiting takes nothing", async () => {
  const clock = sleepyClock();
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, clock);
  await bucket.take(never);
  const gone = new AbortController();
  const given = bucket.take(gone.signal);
  gone.abort();
  await given;
  await bucket.take(never);
  expect(clock.now()).toBe(1000);
});

test("without a bound nobody waits, and a bucket that shrinks holds no more than it may", async () => {
  const clock = sleepyClock();
  const bucket = new TokenBucket({ burst: Infinity, perSecond: Infinity }, clock);
  for (let at = 0; at < 1000; at += 1) await bucket.take(never);
  expect(clock.now()).toBe(0);
  bucket.resize({ burst: 1, perSecond: 1 });
  await bucket.take(never);
  await bucket.take(never);
  expect(clock.now()).toBe(1000);
});

test("when all who waited have gone, nothing sleeps on", async () => {
  const ends: boolean[] = [];
  const clock: Clock = {
    now: () => 0,
    sleep: (_milliseconds, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          ends.push(true);
          resolve();
        });
      }),
  };
  const bucket = new TokenBucket({ burst: 1, perSecond: 0.0001 }, clock);
  await bucket.take(never);
  const gone = new AbortController();
  const waiting = [bucket.take(gone.signal), bucket.take(gone.signal)];
  gone.abort();
  await Promise.all(waiting);
  expect(ends).toEqual([true]);
});
