import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

test("never more than the bound at once, all get their turn in order, and those who give up hold nothing", async () => {
  const plans = fc.array(fc.record({ ticks: fc.nat(5), givesUp: fc.boolean() }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), plans, async (count, plan) => {
      const slots = new Slots(count);
      const entered: number[] = [];
      let inside = 0;
      let most = 0;
      const visits = plan.map(async ({ ticks, givesUp }, index) => {
        const abort = new AbortController();
        const turn = slots.enter(abort.signal);
        if (givesUp) abort.abort(new Error("gave up"));
        try {
          await turn;
        } catch {
          return;
        }
        entered.push(index);
        inside += 1;
        most = Math.max(most, inside);
        for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
        inside -= 1;
        slots.leave();
      });
      await Promise.all(visits);
      expect(most).toBeLessThanOrEqual(count);
      expect(entered).toEqual(entered.toSorted((a, b) => a - b));
      const patient = plan.flatMap(({ givesUp }, index) => (givesUp ? [] : [index]));
      expect(entered).toEqual(expect.arrayContaining(patient));
      // All is free again.
      await Promise.all(Array.from({ length: count }, () => slots.enter(new AbortController().signal)));
    }),
  );
});
