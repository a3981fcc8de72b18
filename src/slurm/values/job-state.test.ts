import { describe, expect, test } from "vitest";
import { finalStates } from "../../schema/job.ts";
import { parseSlurmJobState, slurmJobStates, toJobState } from "./job-state.ts";
import { describeValueReader } from "./value-reader.contract.ts";

describeValueReader("parseSlurmJobState", parseSlurmJobState, "ACDEGLNOPR_+ by10");

const states = Object.entries(slurmJobStates).map(([name, { code }]) => ({
  state: parseSlurmJobState(name).state,
  name,
  code,
}));

describe("parseSlurmJobState", () => {
  test("knows 24 states with 24 compact forms", () => {
    expect(states).toHaveLength(24);
    expect(new Set(states.map(({ code }) => code)).size).toBe(24);
  });

  test.each(states)("reads $name in its long and its compact form, in any case", ({ name, state, code }) => {
    expect(state).toBe(name);
    for (const word of [name, code]) {
      expect(parseSlurmJobState(word)).toEqual({ state });
      expect(parseSlurmJobState(word.toLowerCase())).toEqual({ state });
    }
  });

  test("reads who cancelled a job", () => {
    expect(parseSlurmJobState("CANCELLED by 1000")).toEqual({ state: "CANCELLED", cancelledBy: 1000 });
    expect(parseSlurmJobState("CANCELLED by 0")).toEqual({ state: "CANCELLED", cancelledBy: 0 });
  });

  test.each([
    ["CANCELLED+", "CANCELLED"],
    ["OUT_OF_ME+", "OUT_OF_MEMORY"],
    ["RESV_DEL_+", "RESV_DEL_HOLD"],
    ["REQUEUE_H+", "REQUEUE_HOLD"],
    ["CONFIGURI+", "CONFIGURING"],
  ])("completes %s, cut by a narrow column of sacct", (word, state) => {
    expect(parseSlurmJobState(word)).toEqual({ state });
  });

  test("reads the EXPEDITING of Slurm 25.11 as a requeue, so as no end of the job", () => {
    expect(parseSlurmJobState("EXPEDITING")).toEqual({ state: "REQUEUED" });
  });

  test.each(["", "?", "+", "COMPLET+", "S+", "DONE", "RUNNING ", "CANCELLED by root", "CANCELLED by", "toString"])(
    "refuses %j",
    (text) => {
      expect(() => parseSlurmJobState(text)).toThrow(/^job state .*not a state of Slurm; squeue\(1\)/);
    },
  );
});

describe("toJobState", () => {
  test("ends a job only in the states that Slurm never leaves", () => {
    const ends = states.filter(({ state }) => finalStates.has(toJobState(state))).map(({ state }) => state);
    expect(ends.sort()).toEqual([
      "BOOT_FAIL",
      "CANCELLED",
      "COMPLETED",
      "DEADLINE",
      "FAILED",
      "NODE_FAIL",
      "OUT_OF_MEMORY",
      "PREEMPTED",
      "TIMEOUT",
    ]);
  });

  test.each(["JobHeldUser", "JobHeldAdmin", "JobHoldMaxRequeue", "launch failed requeued held"])(
    "takes a pending job with reason %s for held",
    (reason) => {
      expect(toJobState("PENDING", reason)).toBe("held");
    },
  );

  test("knows scontrol's spelling of a reason with blanks", () => {
    expect(toJobState("PENDING", "launch_failed_requeued_held")).toBe("held");
  });

  test("leaves a pending job with any other reason, or none, pending", () => {
    expect(toJobState("PENDING")).toBe("pending");
    expect(toJobState("PENDING", "Resources")).toBe("pending");
  });

  test("does not take a running job for held, whatever its last reason was", () => {
    expect(toJobState("RUNNING", "JobHeldUser")).toBe("running");
  });
});
