import { expect, test } from "vitest";
import { endInWords } from "./end-words.ts";

const failed = { state: "failed", rawState: "FAILED" } as const;

test("a death by a signal, which Slurm calls a failed launch, is told by the signal alone", () => {
  expect(endInWords({ ...failed, reason: "JobLaunchFailure", exit: { status: 0, signal: 9 } })).toBeUndefined();
  expect(endInWords({ ...failed, reason: "JobLaunchFailure", exit: { status: 0, signal: 0 } })).toEqual({
    what: "it could not be launched",
    evidence: "JobLaunchFailure",
  });
});

test("an end that the exit status does not tell has a reason", () => {
  const exit = { status: 0, signal: 15 };
  expect(endInWords({ state: "timeout", rawState: "TIMEOUT", reason: "TimeLimit", exit })?.what).toMatch(/time limit/);
  expect(endInWords({ ...failed, reason: "BadConstraints", exit: undefined })?.evidence).toBe("BadConstraints");
  expect(endInWords({ ...failed, reason: "NonZeroExitCode", exit: { status: 3, signal: 0 } })).toBeUndefined();
});
