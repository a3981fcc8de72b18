import * as fc from "fast-check";
import { expect, test } from "vitest";
import { goDuration, parseGoDuration } from "./go-duration.ts";
import { cleanedPath, queryValue } from "./go-paths.ts";

test.each([
  [0, "0s"],
  [999, "999ns"],
  [210_961, "210.961µs"],
  [1_500_000, "1.5ms"],
  [1_500_000_000, "1.5s"],
  [60_000_000_000, "1m0s"],
  [3_720_500_000_000, "1h2m0.5s"],
  [-1_000, "-1µs"],
])("%i ns are %s", (nanoseconds, text) => {
  expect(goDuration(nanoseconds)).toBe(text);
});

test.each([
  ["15s", 15_000],
  ["1m30s", 90_000],
  ["1.5h", 5_400_000],
  ["-5s", -5_000],
  ["250ms", 250],
  ["0", 0],
  ["+.5s", 500],
  ["2us", 0.002],
  ["15", undefined],
  ["", undefined],
  ["s", undefined],
  ["1d", undefined],
  ["1s ", undefined],
  ["9999999999h", undefined],
])("%j is as many milliseconds as %s", (text, milliseconds) => {
  expect(parseGoDuration(text)).toBe(milliseconds);
});

test("what is printed is read again", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (nanoseconds) => {
      expect(parseGoDuration(goDuration(nanoseconds))).toBeCloseTo(nanoseconds / 1e6, 3);
    }),
  );
});

test.each([
  ["/v1/topology", undefined],
  ["/v1/topology/", undefined],
  ["/", undefined],
  ["//", "/"],
  ["/a//b/", "/a/b/"],
  ["/a/../../b", "/b"],
  ["/a/.", "/a"],
  ["", "/"],
])("the path %j is cleaned to %j", (path, cleaned) => {
  expect(cleanedPath(path)).toBe(cleaned);
});

test("a path that was cleaned is clean", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("/", ".", "a") }), (path) => {
      const cleaned = cleanedPath(`/${path}`);
      expect(cleaned === undefined ? undefined : cleanedPath(cleaned)).toBeUndefined();
    }),
  );
});

test("of a query the first good value of a name counts", () => {
  expect(queryValue("a=1&uid=%zz&uid=x+%2B&uid=y", "uid")).toBe("x +");
  expect(queryValue("uid", "uid")).toBe("");
  expect(queryValue("u%69d=z", "uid")).toBe("z");
  expect(queryValue("uid=a;b", "uid")).toBeUndefined();
});
