import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMemoryMb, parseMemoryMb, parseReportedMemoryMb } from "./memory.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseMemoryMb", parseMemoryMb, "0123456789KMGTb.");
describeValueReader("parseReportedMemoryMb", parseReportedMemoryMb, "0123456789KMGTPEnc.");

describe("parseMemoryMb", () => {
  test.each([
    ["100", 100],
    ["0", 0],
    ["0G", 0],
    ["1G", 1024],
    ["1GB", 1024],
    ["1gb", 1024],
    ["1024M", 1024],
    ["1048576K", 1024],
    ["1023K", 1],
    ["1025K", 2],
    ["1T", 1_048_576],
    ["010", 10],
  ])("reads %s as %i MB", (text, mb) => {
    expect(parseMemoryMb(text)).toBe(mb);
  });

  test.each(["", "1.5G", "1P", "1B", "1GiB", "1 G", "-1", "0x10", "UNLIMITED", "1GBB", "G"])(
    "refuses %j and shows how to write a fraction",
    (text) => {
      expect(() => parseMemoryMb(text)).toThrow(/^memory size .*write 1536M rather than 1.5G/);
    },
  );

  test("refuses what Slurm's 64 bits would turn into another size", () => {
    expect(() => parseMemoryMb("17592186044416T")).toThrow(/too large for Slurm/);
  });
});

test("formatMemoryMb writes the largest unit that keeps a size whole", () => {
  expect([0, 1, 1024, 1536, 1_048_576].map(formatMemoryMb)).toEqual(["0", "1M", "1G", "1536M", "1T"]);
});

test("a size is read back as it was written, by both readers", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.nat(),
        fc.nat(5000).map((gb) => gb * 1024),
      ),
      (mb) => {
        expect(parseMemoryMb(formatMemoryMb(mb))).toBe(mb);
        expect(parseReportedMemoryMb(formatMemoryMb(mb))).toBe(mb);
      },
    ),
  );
});

describe("parseReportedMemoryMb", () => {
  test.each([
    ["16G", 16_384],
    ["3.5G", 3584],
    ["4000M", 4000],
    ["512K", 0.5],
    ["1P", 1_073_741_824],
    ["2Gn", 2048],
    ["250Mc", 250],
    ["0", 0],
  ])("reads %s as %d MB", (text, mb) => {
    expect(parseReportedMemoryMb(text)).toBe(mb);
  });

  test.each(["", "8?", "1GB", "G", "-1M"])("refuses %j", (text) => {
    expect(() => parseReportedMemoryMb(text)).toThrow(/^memory size in Slurm's output/);
  });
});
