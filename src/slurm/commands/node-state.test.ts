import * as fc from "fast-check";
import { expect, test } from "vitest";
import { acceptsJobs, parseNodeState } from "./node-state.ts";

test.each([
  ["idle", "idle", [], true],
  ["IDLE+DRAIN", "idle", ["drain"], false],
  ["idle+drain", "idle", ["drain"], false],
  ["DOWN*+CLOUD", "down", ["cloud", "not_responding"], false],
  ["MIXED+PLANNED", "mixed", ["planned"], true],
  ["mixed-", "mixed", ["planned"], true],
  ["ALLOCATED", "allocated", [], true],
  ["drained*", "drained", ["not_responding"], false],
  ["idle~", "idle", ["powered_down"], false],
  ["idle#", "idle", ["powering_up"], true],
  ["IDLE+NOT_RESPONDING", "idle", ["not_responding"], false],
  ["inval", "inval", [], false],
  ["IDLE+DRAIN+INVALID_REG", "idle", ["drain", "invalid_reg"], false],
  ["", "unknown", [], false],
])("reads the state %s", (text, base, flags, accepts) => {
  expect(parseNodeState(text)).toEqual({ base, flags });
  expect(acceptsJobs(parseNodeState(text))).toBe(accepts);
});

test("takes any text, since releases add words", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const state = parseNodeState(text);
      expect(state.base).not.toBe("");
      expect(parseNodeState([state.base, ...state.flags].join("+")).base).toBe(state.base);
    }),
  );
});
