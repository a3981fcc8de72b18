import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCount, parseWholeNumber } from "./count.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseCount", parseCount, "0123456789kKmM");
describeValueReader("parseWholeNumber", parseWholeNumber, "0123456789");

describe("parseCount", () => {
  test.each([
    ["0", 0],
    ["04", 4],
    ["1k", 1024],
    ["1K", 1024],
    ["2m", 2_097_152],
    ["2147483647", 2_147_483_647],
  ])("reads %s as %i", (text, count) => {
    expect(parseCount(text)).toBe(count);
  });

  test.each(["", "k", "1g", "1kb", "1km", "-1", "1.5", "x", "0x10"])("refuses %j", (text) => {
    expect(() => parseCount(text)).toThrow(/^count .*not a whole number; write digits/);
  });

  test.each(["2147483648", "2097152k", "99999999999999999999"])("refuses %s, which Slurm would wrap around", (text) => {
    expect(() => parseCount(text)).toThrow(/too large for Slurm; the greatest is 2147483647/);
  });
});

test("parseWholeNumber takes no suffix, as sbatch --ntasks takes none", () => {
  expect(parseWholeNumber("16")).toBe(16);
  expect(() => parseWholeNumber("1k")).toThrow(/^number "1k": not a whole number; write digits alone/);
});

test("both read every number that Slurm can hold", () => {
  fc.assert(
    fc.property(fc.nat(), (count) => {
      expect(parseCount(String(count))).toBe(count);
      expect(parseWholeNumber(String(count))).toBe(count);
    }),
  );
});
