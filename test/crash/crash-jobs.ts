import type { Ask } from "./engine-process.ts";

/** What becomes of a job of the crash suite when all goes well. */
export type Fate = "held" | "completed" | "failed" | "cancelled";

type Request = NonNullable<Ask["submit"]>[number];

/** One job in two waits on hold, to be counted in the queue; the others run, die of a signal, or are cancelled. */
export function fateOf(number: number): Fate {
  const digit = number % 10;
  if (digit === 6) return "cancelled";
  if (digit === 3) return "failed";
  if (digit % 5 === 0) return exitOf(number) === 0 ? "completed" : "failed";
  return "held";
}

/** How many tasks it has, where it is an array. */
export function tasksOf(number: number): number | undefined {
  return number % 7 === 0 ? 3 : undefined;
}

function exitOf(number: number): number {
  return Math.floor(number / 5) % 3;
}

/** The request for a job; each run of it adds a line to a file of its number: native id, task, and which run it is. */
export function requestOf(number: number, evidence: string): Request {
  const fate = fateOf(number);
  const tasks = tasksOf(number);
  const end = number % 10 === 3 ? "kill -9 $$" : `exit ${exitOf(number)}`;
  const line = '"${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID} ${SLURM_ARRAY_TASK_ID:-0} ${SLURM_RESTART_COUNT:-0}"';
  return {
    script: `#!/bin/sh\necho ${line} >>'${evidence}/${number}'\n${end}\n`,
    name: `job ${number}`,
    idempotencyKey: `key-${number}`,
    options: {
      hold: fate === "held" || fate === "cancelled",
      time: "10",
      ...(tasks !== undefined && { array: `0-${tasks - 1}` }),
    },
  };
}
