import { expect, test } from "vitest";
import { parseWaitStatus } from "./wait-status.ts";

test.each([
  ["0", 0, 0],
  ["768", 3, 0],
  ["65280", 255, 0],
  ["9", 0, 9],
  ["15", 0, 15],
  ["139", 0, 11],
  ["0:9", 0, 9],
  ["3:0", 3, 0],
])("reads %s as status %i and signal %i", (text, status, signal) => {
  expect(parseWaitStatus(text)).toEqual({ status, signal });
});

test("refuses what is neither", () => {
  expect(() => parseWaitStatus("x")).toThrow(/exit code/);
});
