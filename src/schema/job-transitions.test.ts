import * as fc from "fast-check";
import { expect, test } from "vitest";
import { finalStates, jobStates, type JobState } from "./job-state.ts";
import { activeStates, isFinal, isTransition, transitions } from "./job-transitions.ts";

const anyState = fc.constantFrom(...jobStates);

/** The table as a picture: a row for each state, a column for each in the same order. */
function drawing(): string {
  return jobStates
    .map((from) => `${from.padEnd(14)}${jobStates.map((to) => (isTransition(from, to) ? "x" : ".")).join(" ")}`)
    .join("\n");
}

test("the table of states is this one", () => {
  expect(`\n${drawing()}\n`).toBe(`
accepted      . x . . . . . . . x . . . . . . x
submitting    x . x x x x x x x x x x x x x x x
pending       . . . x x x x x x x x x x x x x .
held          . . x . x x x x x x x x x x x x .
running       . . x x . x x x x x x x x x x x .
suspended     . . x x x . x x x x x x x x x x .
completing    . . x x . . . x x x x x x x x x .
completed     . . . . . . . . . . . . . . . . .
failed        . . . . . . . . . . . . . . . . .
cancelled     . . . . . . . . . . . . . . . . .
timeout       . . . . . . . . . . . . . . . . .
out_of_memory . . . . . . . . . . . . . . . . .
node_fail     . . . . . . . . . . . . . . . . .
preempted     . . . . . . . . . . . . . . . . .
deadline      . . . . . . . . . . . . . . . . .
boot_fail     . . . . . . . . . . . . . . . . .
rejected      . . . . . . . . . . . . . . . . .
`);
});

test("exactly the final states lead nowhere", () => {
  const ends = jobStates.filter((state) => transitions[state].length === 0);
  expect(new Set(ends)).toEqual(finalStates);
  expect(jobStates.filter(isFinal)).toEqual(ends);
});

test("every state can be reached from accepted, and an end from every state", () => {
  const reachable = (from: JobState): Set<JobState> => {
    const found = new Set<JobState>([from]);
    for (const state of found) for (const to of transitions[state]) found.add(to);
    return found;
  };
  expect(reachable("accepted")).toEqual(new Set(jobStates));
  for (const state of jobStates) expect([...reachable(state)].some(isFinal)).toBe(true);
});

test("a requeue adds ways among the scheduler's own states, and none into or out of Sluice's", () => {
  const own: readonly JobState[] = ["accepted", "submitting", "rejected"];
  fc.assert(
    fc.property(anyState, anyState, (from, to) => {
      const isScheduled = !own.includes(from) && !own.includes(to);
      expect(isTransition(from, to, true)).toBe(isTransition(from, to) || isScheduled);
    }),
  );
  for (const state of activeStates) expect(isFinal(state)).toBe(false);
});
