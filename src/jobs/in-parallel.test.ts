import { array, assert, asyncProperty, integer, nat } from "fast-check";
import { expect, test } from "vitest";
import { inParallel } from "./in-parallel.ts";

test("results are in the order of the things, and never more are worked on than are allowed", async () => {
  await assert(
    asyncProperty(array(nat(3)), integer({ min: 1, max: 5 }), async (things, mostAtOnce) => {
      let atOnce = 0;
      let most = 0;
      const results = await inParallel(things, mostAtOnce, async (ticks) => {
        most = Math.max(most, ++atOnce);
        for (let tick = 0; tick <= ticks; tick++) await Promise.resolve();
        atOnce--;
        return ticks * 2;
      });
      expect(results).toEqual(things.map((ticks) => ticks * 2));
      expect(most).toBe(Math.min(mostAtOnce, things.length));
    }),
  );
});

test("nothing more is begun after a failure, which is thrown", async () => {
  const begun: number[] = [];
  const failure = new Error("no");
  const work = inParallel([1, 2, 3, 4, 5, 6], 2, async (thing) => {
    begun.push(thing);
    await Promise.resolve();
    if (thing === 1) throw failure;
  });
  await expect(work).rejects.toBe(failure);
  expect(begun.length).toBeLessThan(6);
});
