import { expect, test } from "vitest";
import { interleave, median, percentile } from "./interleave.ts";

test("contenders take turns, and the first round is not counted", async () => {
  const log: string[] = [];
  const contender = (name: string) => ({
    name,
    before: async () => void log.push(`before ${name}`),
    run: async () => void log.push(name),
    after: async () => void log.push(`after ${name}`),
  });
  const timings = await interleave([contender("a"), contender("b")], 2);
  expect(log.filter((entry) => entry.length === 1)).toEqual(["a", "b", "b", "a", "a", "b"]);
  expect(log.slice(0, 3)).toEqual(["before a", "a", "after a"]);
  expect(timings.map(({ name, runs }) => [name, runs.length])).toEqual([
    ["a", 2],
    ["b", 2],
  ]);
});

test("a run that fails is still tidied up after", async () => {
  let tidied = false;
  const failing = {
    name: "failing",
    run: () => Promise.reject(new Error("no")),
    after: async () => void (tidied = true),
  };
  await expect(interleave([failing], 1)).rejects.toThrow("no");
  expect(tidied).toBe(true);
});

test.each([
  [[3], 3],
  [[1, 9, 2], 2],
  [[4, 1, 3, 2], 2.5],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("a contender may say itself how long it took", async () => {
  const [timing] = await interleave([{ name: "own", run: async () => 7 }], 3);
  expect(timing).toEqual({ name: "own", runs: [7, 7, 7], medianMs: 7 });
});

test("one in a hundred lies above the percentile of 0.99", () => {
  const values = Array.from({ length: 1_000 }, (_, at) => at + 1);
  expect(values.filter((value) => value > percentile(values, 0.99))).toHaveLength(9);
  expect(percentile([5], 0.99)).toBe(5);
});
