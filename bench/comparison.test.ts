import { expect, test } from "vitest";
import { best, inMs, isWithinBudget, perSecond, toTable, type Figure } from "./comparison.ts";

const rate = (name: string, value: number): Figure => ({ name, runs: [value], median: value, unit: "/s" });

test("a rate is what was done by the time that it took", () => {
  expect(perSecond({ name: "a", runs: [500, 1_000, 2_000], medianMs: 1_000 }, 100)).toEqual({
    name: "a",
    runs: [200, 100, 50],
    median: 100,
    unit: "/s",
  });
});

test("the best of several does most", () => {
  expect(best(rate("a", 1), rate("b", 3), rate("c", 2)).name).toBe("b");
});

test.each([
  [{ atMost: 2 }, 20, true],
  [{ atMost: 2 }, 21, false],
  [{ atLeast: 2 }, 20, true],
  [{ atLeast: 2 }, 19, false],
] as const)("the budget %j of %d against 10 holds: %s", (budget, value, isWithin) => {
  expect(isWithinBudget({ what: "w", ours: rate("ours", value), against: rate("theirs", 10), budget })).toBe(isWithin);
});

test("a figure that is compared with nothing is held against its budget itself", () => {
  const ours = inMs({ name: "ours", runs: [51], medianMs: 51 });
  expect(isWithinBudget({ what: "w", ours, budget: { atMost: 50 } })).toBe(false);
  expect(
    toTable([{ what: "w", ours, budget: { atMost: 50 } }])
      .split("\n")
      .at(-1),
  ).toMatch(/^\| w +\| 51\.0 ms \| – +\| – +\| – +\| ≤ 50 ms \| 1 +\|$/);
});
