import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatNodeRange, parseNodeRange } from "./node-range.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseNodeRange", parseNodeRange, "0123456789- km");

describe("parseNodeRange", () => {
  test.each([
    ["1", 1, 1],
    ["1-2", 1, 2],
    ["-2", 1, 2],
    ["2-2", 2, 2],
    ["01-02", 1, 2],
    ["1k", 1024, 1024],
    ["1k-2k", 1024, 2048],
    ["1m", 1_048_576, 1_048_576],
    ["1 - 2", 1, 2],
    ["0-1", 0, 1],
  ])("reads %s", (text, min, max) => {
    expect(parseNodeRange(text)).toEqual({ min, max });
  });

  test.each([
    ["2-1", "the maximum 1 is below the minimum 2"],
    ["2k-1k", "the maximum 1024 is below the minimum 2048"],
    ["1-0", "the maximum 0 is below the minimum 1"],
    ["1-", "a count is missing"],
    ["-", "a count is missing"],
    ["", "a count is missing"],
    ["1,2", "neither a count nor a range"],
    ["1-2-3", "neither a count nor a range"],
    ["1:2", "neither a count nor a range"],
    ["1.5", "neither a count nor a range"],
    ["x", 'count "x": not a whole number'],
    ["1-x", 'count "x": not a whole number'],
    ["1g", 'count "1g": not a whole number'],
  ])("refuses %j: %s", (text, problem) => {
    expect(() => parseNodeRange(text)).toThrow(problem);
  });
});

test("a range is read back as it was written", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), (min, more) => {
      const range = { min, max: min + more };
      expect(parseNodeRange(formatNodeRange(range))).toEqual(range);
    }),
  );
});
