import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compressHostlist, expandHostlist } from "./hostlist.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("expandHostlist", expandHostlist, "0123456789[]-, ab");

describe("expandHostlist", () => {
  test.each([
    ["n1", "n1"],
    ["n[1-3]", "n1 n2 n3"],
    ["n[01-03]", "n01 n02 n03"],
    ["n[9-11]", "n9 n10 n11"],
    ["n[099-101]", "n099 n100 n101"],
    ["n[1-003]", "n1 n2 n3"],
    ["n[1-3,5,08-10]", "n1 n2 n3 n5 n08 n09 n10"],
    ["r[1-2]n[01-03]", "r1n01 r1n02 r1n03 r2n01 r2n02 r2n03"],
    ["n[1-2][3-4]", "n13 n14 n23 n24"],
    ["[1-3]", "1 2 3"],
    ["a,b,c[1-2],d", "a b c1 c2 d"],
    ["n[2,1],n1", "n2 n1 n1"],
    [",n1, n2 n3\tn4\nn5,,", "n1 n2 n3 n4 n5"],
  ])("reads %j as %s", (text, names) => {
    expect(expandHostlist(text)).toEqual(names.split(" "));
  });

  test("runs through the last bracket fastest, then the first, then the second, as Slurm does", () => {
    expect(expandHostlist("a[1-2]b[1-3]c[1-2]").join(" ")).toBe(
      "a1b1c1 a1b1c2 a2b1c1 a2b1c2 a1b2c1 a1b2c2 a2b2c1 a2b2c2 a1b3c1 a1b3c2 a2b3c1 a2b3c2",
    );
  });

  test("finds no name in an empty text", () => {
    expect(expandHostlist("")).toEqual([]);
    expect(expandHostlist(" ,\n")).toEqual([]);
  });

  test.each(["n[1-2]-ib", "n[1-2]a[3-4]b"])("refuses %s, as Slurm takes nothing after the last bracket", (text) => {
    expect(() => expandHostlist(text)).toThrow(/follows the last bracket; Slurm takes nothing there/);
  });

  test.each(["n[", "n]", "n[1", "n1]", "n[[1-2]]", "n[1-[2-3]]", "n[1-2]]", "[", "]"])(
    "refuses the lone or nested bracket of %s",
    (text) => {
      expect(() => expandHostlist(text)).toThrow(/^hostlist ".*": a bracket is not closed, not opened/);
    },
  );

  test.each(["n[]", "n[1,,2]", "n[1,]", "n[a]", "n[1-]", "n[-1]", "n[1:2]", "n[ 1]", "n[1- 3]", "n[1.2]", "n[0xA]"])(
    "refuses what stands in the brackets of %s",
    (text) => {
      expect(() => expandHostlist(text)).toThrow(/is neither a number nor a range; write brackets as in n\[1-3,5/);
    },
  );

  test("refuses a number that would not stay exact", () => {
    expect(() => expandHostlist("n[0000000000000001]")).toThrow(/more than 15 digits; write these names out/);
  });

  test("refuses a range that runs backwards", () => {
    expect(() => expandHostlist("n[3-1]")).toThrow(/the range 3-1 runs backwards; put the smaller number first/);
  });

  test.each([
    ["n[1-65537]", /range of 65537 hosts; Slurm takes at most 65536/],
    ["n[1-100000000]", /range of 100000000 hosts/],
    ["n[1-60000]m[1-60000]", /has more than 100000 names/],
    [`n${"[1-60000]".repeat(10)}`, /has more than 100000 names/],
    ["n[1-60000],m[1-60000]", /has more than 100000 names/],
    ["n".repeat(256), /has a name of more than 255 characters/],
    [`n${"[1-60000]".repeat(10_000)}`, /has a name of more than 255 characters/],
  ])("refuses what would eat the machine before it expands anything: %$", (text, message) => {
    const before = performance.now();
    expect(() => expandHostlist(text)).toThrow(
      expect.objectContaining({ code: "LIMIT_EXCEEDED", message: expect.stringMatching(message) }),
    );
    expect(performance.now() - before).toBeLessThan(500);
  });

  test("takes the caller's limit", () => {
    expect(expandHostlist("n[1-3]", { limit: 3 })).toHaveLength(3);
    expect(() => expandHostlist("n[1-4]", { limit: 3 })).toThrow(/more than 3 names/);
    expect(expandHostlist("n[1-400]m[1-400]", { limit: 200_000 })).toHaveLength(160_000);
  });
});

describe("compressHostlist", () => {
  test.each([
    ["n1", "n1"],
    ["n2 n1 n10 m1", "m1,n[1-2,10]"],
    ["n01 n02 n10", "n[01-02,10]"],
    ["n1 n02", "n[1,02]"],
    ["n9 n10 n010", "n[9-10,010]"],
    ["n9 n09 n10", "n[9,09-10]"],
    ["n09 n99 n100", "n[09,99-100]"],
    ["n0 n00 n000", "n[0,00,000]"],
    ["n1 n1", "n[1,1]"],
    ["n1 n1 n1 n2 n2", "n[1,1,1-2,2]"],
    ["r1n01 r1n02 r2n01 r2n02", "r1n[01-02],r2n[01-02]"],
    ["r10n1 r9n1", "r9n1,r10n1"],
    ["x01y1 x1y1", "x01y1,x1y1"],
    ["n n1 n-1 n.1 n_1", "n,n1,n-1,n.1,n_1"],
    ["a b a", "a,a,b"],
    ["3 1 2", "[1-3]"],
    ["n1-ib n2-ib", "n1-ib,n2-ib"],
    ["cpu-0 cpu-1 gpu-0", "cpu-[0-1],gpu-0"],
    ["n1234567890123456 n1234567890123457", "n1234567890123456,n1234567890123457"],
  ])("writes %s as %s", (names, text) => {
    expect(compressHostlist(names.split(" "))).toBe(text);
  });

  test("writes no names as an empty text", () => {
    expect(compressHostlist([])).toBe("");
  });

  test("cuts ranges where Slurm could not read them back", () => {
    const names = Array.from({ length: 70_000 }, (_, i) => `n${i}`);
    expect(compressHostlist(names)).toBe("n[0-65535,65536-69999]");
  });

  test.each(["", "n[1-2]", "a,b", "a b", "n]"])("refuses %j, which is not the name of one host", (name) => {
    expect(() => compressHostlist(["ok", name])).toThrow(/not the name of one host/);
  });

  test("is expanded to the same names, whatever they are", () => {
    const number = fc.oneof(
      fc.nat({ max: 30 }).map(String),
      fc.nat({ max: 200 }).map((n) => String(n).padStart(3, "0")),
      fc.constant(""),
    );
    const name = fc
      .tuple(fc.constantFrom("n", "r1n", "r2n", "x-", ""), number)
      .map((parts) => parts.join(""))
      .filter((text) => text !== "");
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), (names) => {
        expect(expandHostlist(compressHostlist(names)).sort()).toEqual(names.toSorted());
      }),
    );
  });
});
