import { isDeepStrictEqual } from "node:util";
import { finalStates, type JobObservation } from "../../schema/job.ts";
import type { QueueEntry } from "../cluster.ts";
import type { JobSighting } from "../store.ts";
import { hasParts, summarize } from "./sightings.ts";
import type { TrackedJob } from "./tracked-jobs.ts";

/** What these observations tell that was not known; `undefined` for nothing. */
export function compareRows(
  entry: TrackedJob,
  rows: readonly (JobObservation | QueueEntry)[],
): JobSighting | undefined {
  const { job, seen } = entry;
  const [first] = rows;
  if (first === undefined) return undefined;
  if (!hasParts(job, first.nativeId)) {
    const observation = observationOf(first);
    if (isDeepStrictEqual(seen.get(first.nativeId), observation)) return undefined;
    seen.set(first.nativeId, observation);
    return { jobId: job.id, job: observation };
  }
  const tasks: JobObservation[] = [];
  for (const row of rows) {
    for (const observation of expand(row, job.nativeId ?? "", seen)) {
      if (isDeepStrictEqual(seen.get(observation.nativeId), observation)) continue;
      seen.set(observation.nativeId, observation);
      tasks.push(observation);
    }
  }
  const expected = job.tasks?.length ?? rows.length;
  const waiting = rows
    .filter((row) => "waitingTasks" in row && row.waitingTasks !== undefined && !finalStates.has(row.state))
    .map(observationOf);
  const summary = summarize([...seen.values(), ...waiting], expected + waiting.length);
  if (tasks.length === 0 && summary?.state === job.state && summary.reason === job.reason) return undefined;
  return {
    jobId: job.id,
    ...(summary !== undefined && { job: summary }),
    ...(tasks.length > 0 && { tasks }),
  };
}

/** Tasks that wait together are told one by one only where something else was known of them, or they were cancelled as they waited. */
function expand(
  row: JobObservation | QueueEntry,
  nativeId: string,
  seen: ReadonlyMap<string, JobObservation>,
): readonly JobObservation[] {
  const waiting = "waitingTasks" in row ? row.waitingTasks : undefined;
  const observation = observationOf(row);
  if (waiting === undefined) return [observation];
  return waiting
    .map((task) => `${nativeId}_${task}`)
    .filter((id) => seen.has(id) || finalStates.has(observation.state))
    .map((id) => ({ ...observation, nativeId: id }));
}

/** The row without what is of the queue alone. */
export function observationOf(row: JobObservation | QueueEntry): JobObservation {
  const {
    nativeId,
    state,
    rawState,
    reason,
    exit,
    nodes,
    partition,
    name,
    submittedAt,
    startedAt,
    endedAt,
    restarts,
    stdoutPath,
    stderrPath,
  } = row;
  return {
    nativeId,
    state,
    rawState,
    ...(reason !== undefined && { reason }),
    ...(exit !== undefined && { exit }),
    ...(nodes !== undefined && { nodes }),
    ...(partition !== undefined && { partition }),
    ...(name !== undefined && { name }),
    ...(submittedAt !== undefined && { submittedAt }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(restarts !== undefined && { restarts }),
    ...(stdoutPath !== undefined && { stdoutPath }),
    ...(stderrPath !== undefined && { stderrPath }),
  };
}

/** Whether parts of the job that have not ended, as far as is known, are not among these rows. */
export function hasLeftParts({ job, seen }: TrackedJob, rows: readonly QueueEntry[]): boolean {
  if (job.tasks === undefined) return false;
  const listed = new Set<number | string>(
    rows.flatMap((row): (number | string)[] =>
      row.waitingTasks === undefined ? [row.nativeId] : [...row.waitingTasks],
    ),
  );
  return job.tasks.some((task) => {
    const id = `${job.nativeId}_${task}`;
    const known = seen.get(id);
    const ended = known !== undefined && finalStates.has(known.state);
    return !ended && !listed.has(id) && !listed.has(task);
  });
}
