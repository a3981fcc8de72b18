import { finalStates, type JobObservation, type JobState } from "../../schema/job.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import { severity } from "../severity.ts";
import type { JobSighting } from "../store.ts";

/** What is said of a job as a whole. */
type Whole = NonNullable<JobSighting["job"]>;

/** Of tasks in different states the job is in the first of these that one of them is in. */
const liveliest = ["running", "completing", "suspended", "pending", "held"] as const satisfies readonly JobState[];

/**
 * What the tasks of an array, or the components of a heterogeneous job, amount to. It has ended when all of them have, and
 * then as badly as the worst; until then it is where the liveliest is. `expected` is how many there are: those that nobody
 * has seen wait.
 */
export function summarize(tasks: readonly JobObservation[], expected: number): Whole | undefined {
  const [first] = tasks;
  if (first === undefined) return undefined;
  const started = tasks.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [startedAt])).sort();
  const ended = tasks.flatMap(({ endedAt }) => (endedAt === undefined ? [] : [endedAt])).sort();
  const restarts = Math.max(...tasks.map((task) => task.restarts ?? 0));
  const live = tasks.filter(({ state }) => !finalStates.has(state));
  const isOver = live.length === 0 && tasks.length >= expected;
  const speaker = isOver ? worst(tasks) : liveliestOf(live);
  return {
    // All that was seen has ended, and the rest waits.
    state: speaker?.state ?? "pending",
    rawState: speaker?.rawState ?? "PENDING",
    restarts,
    ...(speaker?.reason !== undefined && { reason: speaker.reason }),
    ...(isOver && speaker?.exit !== undefined && { exit: speaker.exit }),
    ...(first.partition !== undefined && { partition: first.partition }),
    ...(first.submittedAt !== undefined && { submittedAt: first.submittedAt }),
    ...(started[0] !== undefined && { startedAt: started[0] }),
    ...(isOver && ended.at(-1) !== undefined && { endedAt: ended.at(-1) }),
  };
}

function worst(tasks: readonly JobObservation[]): JobObservation | undefined {
  return [...tasks].sort((a, b) => severity.indexOf(b.state) - severity.indexOf(a.state))[0];
}

function liveliestOf(live: readonly JobObservation[]): JobObservation | undefined {
  for (const state of liveliest) {
    const found = live.find((task) => task.state === state);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a job is seen as its parts: tasks of an array, or components. */
export function hasParts(job: Pick<StoredJob, "tasks" | "nativeId">, nativeId: string): boolean {
  return job.tasks !== undefined || nativeId !== job.nativeId;
}
