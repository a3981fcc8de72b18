import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compressNames, nameList } from "./compress-names.ts";
import { expandNames } from "./expand-names.ts";

test.each([
  ["n1 n2 n3 n5", "n[1-3,5]"],
  ["n7", "n7"],
  ["1101 1102", "[1101-1102]"],
  ["1101", "1101"],
  ["x9 x10 x11", "x[9-11]"],
  ["z007 z008 z9", "z[007-9]"],
  ["n08 n08 n08 n09", "n[08,08,08-09]"],
  ["lf1 lf2 lf10", "lf[1-2,10]"],
  ["gpu-a1b gpu-a2b", "gpu-a1b,gpu-a2b"],
  ["Node201 Node205 Node202", "Node[201-202,205]"],
  ["S2 S3", "S[2-3]"],
])("%s is written as %s, as Topograph writes it", (names, text) => {
  expect(nameList(names.split(" "))).toBe(text);
});

describe("where Topograph loses names or changes its mind", () => {
  test.each([
    ["abc abc1", "abc,abc1"],
    ["abc abc1 abc2", "abc,abc[1-2]"],
    ["n1 n01", "n[1,01]"],
    ["n1 n01 n2 n02 n3", "n[1,01,2,02,3]"],
    ["n1 n01 n02", "n[1,01-02]"],
    ["n7 n7", "n[7,7]"],
    ["abc abc", "abc"],
    ["n9007199254740993 n9007199254740992", "n[9007199254740992-9007199254740993]"],
    ["n99999999999999999999 n100000000000000000000", "n[99999999999999999999-100000000000000000000]"],
    ["n000000000000000000001 n1", "n[1,000000000000000000001]"],
  ])("%s is written as %s", (names, text) => {
    expect(nameList(names.split(" "))).toBe(text);
    expect(nameList(names.split(" ").reverse())).toBe(text);
  });
});

test("entries stand in the order of their prefixes' bytes, not of whole names", () => {
  expect(compressNames(["a10", "a-1", "a2", "B1", "é1", "a.x"])).toEqual(["B1", "a[2,10]", "a-1", "a.x", "é1"]);
});

test("without ranges every name stands by itself, in the same order", () => {
  expect(nameList(["node-10", "node-2", "abc", "node-1"], { ranges: false })).toBe("abc,node-1,node-2,node-10");
  expect(nameList([], { ranges: false })).toBe("");
});

const name = fc.stringMatching(/^[a-c-]{0,2}[0-2]{0,3}$/).filter((text) => text !== "");
/** Names as people number them: with zeros to one width, or without any. */
const numberedName = fc
  .tuple(fc.constantFrom("", "n", "gpu-", "rack1-", "é"), fc.nat(1200), fc.boolean())
  .map(([prefix, number, isPadded]) => `${prefix}${isPadded ? `p${String(number).padStart(3, "0")}` : number}`);

describe("whatever the names", () => {
  test("names that are numbered in one way come back from what they were compressed to", () => {
    fc.assert(
      fc.property(fc.array(numberedName), (names) => {
        expect(new Set(expandNames(compressNames(names)))).toEqual(new Set(names));
      }),
    );
  });

  test("a number that is spelled in two ways costs no name", () => {
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const both = names.flatMap((text) => (/\d$/.test(text) ? [text, text.replace(/(\d+)$/, "00$1")] : [text]));
        expect(new Set(expandNames(compressNames(both)))).toEqual(new Set(both));
      }),
    );
  });

  test("any order gives the same entries", () => {
    fc.assert(
      fc.property(
        fc.array(name).chain((names) => fc.tuple(fc.constant(names), fc.shuffledSubarray(names, shuffleOf(names)))),
        ([names, shuffled]) => {
          expect(compressNames(shuffled)).toEqual(compressNames(names));
        },
      ),
    );
  });
});

test("100,000 names of one prefix are one entry, however they are shuffled", () => {
  const names = Array.from({ length: 100_000 }, (_, index) => `n${(index * 7919) % 100_000}`);
  expect(compressNames(names)).toEqual(["n[0-99999]"]);
});

function shuffleOf(names: readonly string[]): { minLength: number; maxLength: number } {
  return { minLength: names.length, maxLength: names.length };
}
