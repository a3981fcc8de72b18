import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { hasCome } from "../clock.ts";
import { RetryPaces } from "./retry-paces.ts";

const date = integer({ min: 0, max: 2 ** 42 });
const hour = 3_600_000;

test("a wait ends when its time has come, and never lasts longer than it was to", () => {
  assert(
    property(date, integer({ min: 0, max: hour }), date, (set, waitMs, now) => {
      const at = set + waitMs;
      expect(hasCome(at, waitMs, now)).toBe(now < set || now >= at);
      return hasCome(at, waitMs, now) || at - now <= waitMs;
    }),
  );
});

test("a clock that is set back by an hour does not put off by an hour what is tried again", () => {
  let now = 10 * hour;
  const paces = new RetryPaces({ now: () => now, sleep: async () => {} });
  paces.failed(undefined);
  expect([paces.isDue(undefined), paces.untilNext(now)]).toEqual([false, 250]);
  now -= hour;
  expect([paces.isDue(undefined), paces.untilNext(now)]).toEqual([true, undefined]);
  paces.failed(undefined);
  expect([paces.isDue(undefined), paces.untilNext(now)]).toEqual([false, 500]);
  now += 2 * hour;
  expect([paces.isDue(undefined), paces.isClear]).toEqual([true, true]);
});

test("what becomes due while others have their turn is not waited for once more", () => {
  let now = 1_000;
  const paces = new RetryPaces({ now: () => now, sleep: async () => {} });
  paces.failed("ada");
  const began = (now += 200);
  now += 100;
  expect([paces.isDue("ada"), paces.untilNext(began), paces.untilNext(now)]).toEqual([true, 0, undefined]);
});
