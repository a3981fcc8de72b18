import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatArraySpec, parseArraySpec, parseTaskList } from "./array-spec.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseArraySpec", parseArraySpec, "0123456789,-:%[]");
describeValueReader("parseTaskList", parseTaskList, "0123456789,-:%[].");

describe("parseArraySpec", () => {
  test.each([
    ["0", [0]],
    ["0-3", [0, 1, 2, 3]],
    ["1,4,5", [1, 4, 5]],
    ["3-9:3", [3, 6, 9]],
    ["1-3:5", [1]],
    ["5-5:2", [5]],
    ["4,1,5", [1, 4, 5]],
    ["1,1,4", [1, 4]],
    ["1-3,2-4", [1, 2, 3, 4]],
    ["01-03", [1, 2, 3]],
    ["1,,2", [1, 2]],
    [",1,", [1]],
    ["1, 2", [1, 2]],
    ["[1-3]", [1, 2, 3]],
    ["1-3%0", [1, 2, 3]],
  ])("reads %s", (text, indices) => {
    expect(parseArraySpec(text)).toEqual({ indices });
  });

  test.each(["1,3-9:2%4", "[1,3-9:2]%4", "[1,3-9:2%4]", "1,3-9:2%04"])("reads the limit of %s", (text) => {
    expect(parseArraySpec(text)).toEqual({ indices: [1, 3, 5, 7, 9], limit: 4 });
  });

  test.each(["a", "1-", "-1", "1:2", "1-3:2:2", "1-3-5", "1.5", "1;2", "1 ,2", "0x1", "+1", "1-5?2"])(
    "refuses %s",
    (text) => {
      expect(() => parseArraySpec(text)).toThrow(/^array .*neither an index nor a range; .*sbatch\(1\), --array/);
    },
  );

  test.each([
    ["1-5%", "brackets or %"],
    ["1-5%x", "brackets or %"],
    ["1-5%-1", "brackets or %"],
    ["1%2%3", "brackets or %"],
    ["1-3%2,5", "brackets or %"],
    ["[1-3", "brackets or %"],
    ["1-3]", "brackets or %"],
    ["[1]%2]", "brackets or %"],
    ["%2", "no index"],
    ["", "no index"],
    [",", "no index"],
    ["5-1", "5-1 runs backwards"],
    ["1-5:0", "a step of 0"],
    ["1-5:2147483648", "a number is too large"],
    ["4294967295", "a number is too large"],
  ])("refuses %j: %s", (text, problem) => {
    expect(() => parseArraySpec(text)).toThrow(problem);
  });

  test("refuses what would eat the machine before it expands anything", () => {
    expect(() => parseArraySpec("0-3999999")).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(() => parseArraySpec("0-999999,".repeat(10_000))).toThrow(/more than 1000000 tasks/);
    expect(() => parseArraySpec("1-11", { limit: 10 })).toThrow(/more than 10 tasks/);
  });
});

describe("parseTaskList", () => {
  test("reads what squeue shows, with or without brackets", () => {
    expect(parseTaskList("0-3,7%2")).toEqual({ indices: [0, 1, 2, 3, 7], limit: 2, isTruncated: false });
    expect(parseTaskList("[0-60:10]")).toEqual({ indices: [0, 10, 20, 30, 40, 50, 60], isTruncated: false });
  });

  test.each([
    ["0,2,4,6,8,10,12-...", [0, 2, 4, 6, 8, 10]],
    ["1,3,15,1...", [1, 3, 15]],
    ["1,3,...", [1, 3]],
    ["18...", []],
  ])("leaves out the number that Slurm cut in %s, and says that it did", (text, indices) => {
    expect(parseTaskList(text)).toEqual({ indices, isTruncated: true });
  });

  test("keeps the limit of a cut list", () => {
    expect(parseTaskList("[1,3,5...%7]")).toEqual({ indices: [1, 3], limit: 7, isTruncated: true });
  });
});

describe("formatArraySpec", () => {
  test.each([
    ["0-0", "0"],
    ["1-5%2", "1-5%2"],
    ["1,3-9:2%4", "1,3,5,7,9%4"],
    ["0-10:2", "0,2,4,6,8,10"],
    ["0-12:3", "0,3,6,9,12"],
    ["0-35:7", "0-35:7"],
    ["0-100:7", "0-98:7"],
    ["0-12:2,13", "0,2,4,6,8,10,12-13"],
  ])("writes %s as Slurm lists it, %s", (text, listed) => {
    expect(formatArraySpec(parseArraySpec(text))).toBe(listed);
  });

  test("is read back as the same tasks", () => {
    const spec = fc.record({
      indices: fc.uniqueArray(fc.nat({ max: 300 }), { minLength: 1 }).map((list) => list.toSorted((a, b) => a - b)),
      limit: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(spec, ({ indices, limit }) => {
        expect(parseArraySpec(formatArraySpec({ indices, limit }))).toEqual({ indices, limit });
        expect(parseTaskList(formatArraySpec({ indices }))).toEqual({ indices, isTruncated: false });
      }),
    );
  });
});
