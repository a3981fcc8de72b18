import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration, parseElapsed, parseTimeLimit, toWholeMinutes } from "./duration.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseDuration", parseDuration, "0123456789-:.UNLIMTED");
describeValueReader("parseElapsed", parseElapsed, "0123456789-:.");

describe("parseDuration", () => {
  test.each([
    ["6", 360],
    ["05", 300],
    ["6:06", 366],
    ["1:30", 90],
    ["6:06:06", 21_966],
    ["00:00:30", 30],
    ["12:05:23", 43_523],
    ["3-5", 277_200],
    ["3-5:07", 277_620],
    ["3-5:07:08", 277_628],
    ["2-12:05:23", 216_323],
    ["02-12", 216_000],
    ["365-00:00:00", 31_536_000],
    ["0-1", 3_600],
    ["0-0:30", 1_800],
    ["1-", 86_400],
    ["0", 0],
  ])("reads %s as %i seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each([
    ["25:61:61", 93_721],
    ["0:300", 300],
    ["1-24", 172_800],
    ["1-5:99", 110_340],
  ])("carries parts above their usual range as Slurm does: %s", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each(["UNLIMITED", "unlimited", "INFINITE", "Infinite", "-1"])("reads %s as no limit", (text) => {
    expect(parseDuration(text)).toBe("unlimited");
  });

  test.each(
    [
      "",
      " ",
      "foo",
      "-5",
      "1.5",
      "1:2:3:4",
      "1-2:3:4:5",
      "1--2",
      "12-0m-23",
      "12-05-23",
      "2:12:05:23",
      "1:",
      ":1",
    ].concat(["1-:", "1-:5", "-", " 1", "1 ", "1\n", "1m", "1::2", "Partition_Limit", "N/A", "infi", "١"]),
  )("refuses %j and names the forms", (text) => {
    expect(() => parseDuration(text)).toThrow(/^duration .*minutes:seconds/);
  });

  test("refuses what Slurm's 32 bits would turn into another time", () => {
    expect(parseDuration("24855-03:14:07")).toBe(2 ** 31 - 1);
    expect(() => parseDuration("24855-03:14:08")).toThrow(/longer than 68 years; write UNLIMITED/);
    expect(() => parseDuration("9".repeat(100_000))).toThrow(/99"… \(100000 characters\): longer/);
  });
});

describe("parseTimeLimit", () => {
  test("reads zero as no limit and everything else as parseDuration does", () => {
    expect(parseTimeLimit("0")).toBe("unlimited");
    expect(parseTimeLimit("00:00:00")).toBe("unlimited");
    expect(parseTimeLimit("1:30")).toBe(90);
    expect(() => parseTimeLimit("foo")).toThrow(/duration "foo"/);
  });
});

describe("parseElapsed", () => {
  test.each([
    ["0:05", 5],
    ["1:02:03", 3_723],
    ["00:00:05", 5],
    ["1-02:03:04", 93_784],
    ["00:00.005", 0.005],
    ["05:23.500", 323.5],
  ])("reads %s as %f seconds", (text, seconds) => {
    expect(parseElapsed(text)).toBe(seconds);
  });

  test.each(["UNLIMITED", "infinite"])("reads %s as no limit", (text) => {
    expect(parseElapsed(text)).toBe("unlimited");
  });

  test.each(["Partition_Limit", "INVALID", "N/A", "n/a", "None", "Unknown", "NOT_SET", ""])(
    "takes %j for a time that is not known",
    (text) => {
      expect(parseElapsed(text)).toBeUndefined();
    },
  );

  test.each(["5", "1:2:3:4", "soon", "-1:00"])("refuses %s", (text) => {
    expect(() => parseElapsed(text)).toThrow(/duration in Slurm's output/);
  });
});

describe("formatDuration", () => {
  test.each([
    [0, "00:00:00"],
    [59, "00:00:59"],
    [86_399, "23:59:59"],
    [90_061, "1-01:01:01"],
    [5.9, "00:00:05"],
    ["unlimited", "UNLIMITED"],
  ] as const)("writes %s as %s", (duration, text) => {
    expect(formatDuration(duration)).toBe(text);
  });

  test("is read back as the same duration, by both readers", () => {
    const durations = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.constant("unlimited" as const));
    fc.assert(
      fc.property(durations, (duration) => {
        expect(parseDuration(formatDuration(duration))).toBe(duration);
        expect(parseElapsed(formatDuration(duration))).toBe(duration);
      }),
    );
  });
});

test("toWholeMinutes rounds upwards as Slurm does", () => {
  expect([0, 1, 59, 60, 61, 90].map(toWholeMinutes)).toEqual([0, 1, 1, 1, 2, 2]);
});
