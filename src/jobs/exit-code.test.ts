import { expect, test } from "vitest";
import { finalStates, type JobObservation } from "../schema/job.ts";
import { exitCodeOf } from "./exit-code.ts";

function ended(state: JobObservation["state"], status: number, signal: number): JobObservation {
  return { nativeId: "1", state, rawState: "", exit: { status, signal } };
}

test("the script's own status, or 128 and the signal", () => {
  expect(exitCodeOf(ended("completed", 0, 0))).toBe(0);
  expect(exitCodeOf(ended("failed", 3, 0))).toBe(3);
  expect(exitCodeOf(ended("failed", 0, 9))).toBe(137);
  expect(exitCodeOf(ended("timeout", 0, 15))).toBe(143);
});

test("no end but completed is ever 0", () => {
  for (const state of finalStates) {
    const code = exitCodeOf(ended(state, 0, 0));
    expect(code === 0).toBe(state === "completed");
    expect(code).toBeLessThanOrEqual(255);
  }
});
