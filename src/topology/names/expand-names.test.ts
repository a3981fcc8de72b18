import { expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { expandNames } from "./expand-names.ts";

test.each([
  ["n[1-3,5]", ["n1", "n2", "n3", "n5"]],
  ["n[08-12]", ["n08", "n09", "n10", "n11", "n12"]],
  ["x[9-11]", ["x9", "x10", "x11"]],
  ["[1101-1102]", ["1101", "1102"]],
  ["n[3-1]", []],
  ["n[3-1,7]", ["n7"]],
  ["n[08-12],1101", ["n[08-12],1101"]],
  ["n[1-2]x", ["n[1-2]x"]],
  ["n]", ["n]"]],
  ["n[]", ["n"]],
  ["n[a,b]", ["na", "nb"]],
  ["n[a-2]", ["n0", "n1", "n2"]],
  ["n[-2]", ["n0", "n1", "n2"]],
  ["n[1-2-9]", ["n1", "n2"]],
  ["x9", ["x9"]],
  ["", [""]],
  ["n[9007199254740992-9007199254740993]", ["n9007199254740992", "n9007199254740993"]],
])("%s stands for %j", (entry, names) => {
  expect(expandNames([entry])).toEqual(names);
});

test("entries are expanded one after the other", () => {
  expect(expandNames(["n[01-02]", "x9", "m[1]"])).toEqual(["n01", "n02", "x9", "m1"]);
});

test("500,000 names are the most, and more are refused before they are made", () => {
  expect(expandNames(["n[1-500000]"])).toHaveLength(500_000);
  const message = "expanded node list exceeds 500000 entries";
  for (const entries of [["n[1-500001]"], ["n[1-500000]", "m"], ["n[1-99999999999999999999999999]"]]) {
    expect(() => expandNames(entries)).toThrow(new TopologyError(400, message));
  }
});

test("the limit may be another", () => {
  expect(() => expandNames(["a", "b"], { limit: 1 })).toThrow("expanded node list exceeds 1 entries");
  expect(expandNames(["n[1-600000]"], { limit: 1_000_000 })).toHaveLength(600_000);
});
