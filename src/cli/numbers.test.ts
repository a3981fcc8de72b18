import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seconds, wholeNumber } from "./numbers.ts";

describe("a whole number", () => {
  test("is read, its sign and leading zeros included", () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(wholeNumber("--nodes")(String(value))).toBe(value);
      }),
    );
    expect(wholeNumber("--nodes")("007")).toBe(7);
  });

  test.each(["", " 1", "1 ", "1.5", "1e3", "0x10", "4G", "four", "+1", "١", "--1", "9".repeat(16)])(
    "is not read from %j",
    (text) => {
      expect(() => wholeNumber("--nodes")(text)).toThrow(
        expect.objectContaining({
          code: "INPUT_INVALID",
          message: `--nodes: "${text}" is not accepted; it takes a whole number`,
          details: { field: "--nodes" },
        }),
      );
    },
  );

  test("of a unit is told that none may stand there", () => {
    expect(() => wholeNumber("--memory-per-node", "MB")("4G")).toThrow(
      '--memory-per-node: "4G" is not accepted; it takes a whole number of MB, without a unit',
    );
  });
});

describe("seconds", () => {
  test.each([
    ["1", 1_000],
    ["0.25", 250],
    ["90s", 90_000],
    ["1.5s", 1_500],
  ])("%s is %d ms", (text, ms) => expect(seconds("--timeout")(text)).toBe(ms));

  test.each(["", "0", "0.0", "-1", "1m", "1.", ".5", "Infinity", "NaN", "1 s", "9".repeat(10)])(
    "are not read from %j",
    (text) => {
      expect(() => seconds("--timeout")(text)).toThrow(
        expect.objectContaining({
          code: "INPUT_INVALID",
          message: `--timeout: "${text}" is not accepted; it takes a number of seconds above 0`,
        }),
      );
    },
  );
});
