import { matchesGlob, type MockOutcome as ClusterOutcome, type MockStep } from "../clusters/mock/outcome.ts";
import type { MockSubmission } from "../clusters/mock/mock-job.ts";
import { SluiceError } from "../errors.ts";
import { parseArraySpec } from "../slurm/values/array-spec.ts";

/** How a job of a mock may end; `never`: it stays as it is. */
export type MockEnd = NonNullable<ClusterOutcome["ends"]>;

/**
 * What becomes of the jobs that it is for: of all, where nothing narrows it. All complete with `undefined` where no outcome
 * is for them.
 */
export interface MockOutcome {
  /** For jobs of this name, with * and ?: that of the task function, unless its options name it otherwise. */
  readonly task?: string;
  /** For the nth of those jobs alone, from 1 on. */
  readonly nth?: number;
  /** Of an array, for these tasks alone, as in --array: `0-3,7`. */
  readonly tasks?: string;
  /** The value that the call gives. */
  readonly returns?: unknown;
  /** The same, made of what was submitted, and of the number of the task in an array. */
  readonly returnsFrom?: (submission: MockSubmission, task: number | undefined) => unknown;
  /** What the call throws; the job fails with it. */
  readonly throws?: unknown;
  /** How the job ends; `completed` where left out, `failed` with something to throw, an exit code or a signal. */
  readonly ends?: MockEnd;
  /** The scheduler refuses the job, with these words. */
  readonly refused?: string;
  /**
   * So many looks show the job as it waits and runs, and the next one its end; 2 where left out. Each `status()` is a look,
   * and `wait()` looks as often as it takes.
   */
  readonly polls?: number;
  /** How often it is put back into the queue before it ends. */
  readonly requeues?: number;
  /** The states before its end, one by one, in place of `polls` and `requeues`. */
  readonly states?: readonly MockStep[];
  /** The scheduler's reason at the end: TimeLimit, OutOfMemory, … */
  readonly reason?: string;
  readonly exitCode?: number;
  /** The number of the signal that ends its script. */
  readonly signal?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** The scheduler's own reasons: squeue(1), JOB REASON CODES. */
const reasons: Readonly<Partial<Record<MockEnd, string>>> = {
  timeout: "TimeLimit",
  out_of_memory: "OutOfMemory",
  node_fail: "NodeDown",
  deadline: "DeadLine",
  boot_fail: "BootFailure",
};

/** The first outcome that is for a task of a job. `earlier` are the jobs before it. */
export function chooseMockOutcome(
  outcomes: readonly MockOutcome[],
  submission: MockSubmission,
  task: number | undefined,
  earlier: readonly MockSubmission[],
): MockOutcome {
  const isFor = (outcome: MockOutcome): boolean => {
    const isNamed = ({ name }: MockSubmission): boolean =>
      outcome.task === undefined || matchesGlob(name, outcome.task);
    if (!isNamed(submission)) return false;
    if (outcome.nth !== undefined && earlier.filter(isNamed).length + 1 !== outcome.nth) return false;
    return outcome.tasks === undefined || (task !== undefined && parseArraySpec(outcome.tasks).indices.includes(task));
  };
  return outcomes.find(isFor) ?? {};
}

/** The outcome as the mock cluster takes it. Throws `SUBMIT_REJECTED` where the job is to be refused. */
export function toClusterOutcome(outcome: MockOutcome): ClusterOutcome {
  const { refused, throws, ends, exitCode, signal, reason, stdout, stderr } = outcome;
  if (refused !== undefined) throw new SluiceError("SUBMIT_REJECTED", refused);
  const end = ends ?? (throws === undefined ? undefined : "failed");
  return {
    states: outcome.states ?? statesOf(outcome),
    ends: end,
    exit_code: exitCode ?? (throws === undefined ? undefined : 1),
    signal,
    reason: reason ?? (end === undefined ? undefined : reasons[end]),
    stdout,
    stderr,
  };
}

/** As many looks as it takes, the last of them while it runs; each time it is put back it goes through the same again. */
function statesOf({ polls = 2, requeues = 0 }: MockOutcome): readonly MockStep[] {
  const running: readonly MockStep[] = polls > 1 ? [{ state: "running", polls: polls - 1 }] : [];
  const before: readonly MockStep[] = polls > 0 || requeues > 0 ? ["pending", ...running] : [];
  const again = Array.from({ length: requeues }, (): readonly MockStep[] => ["pending", "running"]);
  return [...again.flat(), ...before];
}
