import { describe, expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { toParamMap } from "./to-param-map.ts";
import { trimTiersOf } from "./trim-tiers.ts";

test.each([
  [undefined, 0],
  [null, 0],
  [0, 0],
  [-0, 0],
  [1, 1],
  [2, 2],
])("%j trims %d tiers", (value, tiers) => {
  expect(trimTiersOf(value)).toBe(tiers);
});

describe("live providers refuse", () => {
  test.each([
    [3, "invalid 'trimTiers' value '3': must be an integer between 0 and 2"],
    [-1, "invalid 'trimTiers' value '-1': must be an integer between 0 and 2"],
    [1.5, "invalid 'trimTiers' value '1.5': must be an integer between 0 and 2"],
    ["1", "invalid 'trimTiers' value '1': unsupported type string"],
    [false, "invalid 'trimTiers' value 'false': unsupported type bool"],
    [[1, 2], "invalid 'trimTiers' value '[1 2]': unsupported type []interface {}"],
    [toParamMap({ a: 1 }), "invalid 'trimTiers' value 'map[a:1]': unsupported type map[string]interface {}"],
  ])("%j", (value, message) => {
    expect(() => trimTiersOf(value)).toThrow(new TopologyError(400, message));
    expect(() => trimTiersOf(value, { prefix: "parameters error: " })).toThrow(`parameters error: ${message}`);
  });
});
