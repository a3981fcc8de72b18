import type { MockSubmission } from "../clusters/mock/mock-job.ts";
import { summarize } from "../jobs/engine/sightings.ts";
import { finalStates, type JobObservation } from "../schema/job.ts";
import type { Job } from "../schema/api-job.ts";
import type { StoredEvent } from "../schema/stored-event.ts";
import type { StoredTask } from "../schema/stored-job.ts";

/** What does not change of a job of a mock. */
export interface MockJobFacts {
  readonly submission: MockSubmission;
  readonly cluster: string;
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly directory: string;
  /** ISO 8601 in UTC. */
  readonly acceptedAt: string;
  readonly cancelRequested: boolean;
}

/** The job as a gateway would give it after this look at its tasks. */
export function toJobRecord(facts: MockJobFacts, seen: readonly JobObservation[], version: number): Job {
  const { submission, cluster, owner, labels, directory, acceptedAt, cancelRequested } = facts;
  const { jobId, nativeId, name, tasks } = submission;
  const whole = tasks === undefined ? seen[0] : summarize(seen, tasks.length);
  const { state, rawState, reason, exit, nodes, partition, startedAt, endedAt, restarts } = {
    ...(whole ?? { state: "pending" as const, rawState: "PENDING" }),
  };
  return {
    id: jobId,
    cluster,
    owner,
    name,
    labels: { ...labels },
    state,
    rawState,
    freshness: "fresh",
    nativeId,
    directory,
    acceptedAt,
    submittedAt: acceptedAt,
    updatedAt: endedAt ?? startedAt ?? acceptedAt,
    restarts: restarts ?? 0,
    cancelRequested,
    version,
    ...(reason !== undefined && { reason }),
    ...(tasks !== undefined && { tasks }),
    ...(exit !== undefined && { exit }),
    ...(nodes !== undefined && { nodes }),
    ...(partition !== undefined && { partition }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && finalStates.has(state) && { endedAt }),
  };
}

/** One task of an array as a gateway would give it. */
export function toTaskRecord(jobId: string, seen: JobObservation): StoredTask {
  const { name: _, ...known } = seen;
  return {
    ...known,
    jobId,
    updatedAt: seen.endedAt ?? seen.startedAt ?? seen.submittedAt ?? new Date(0).toISOString(),
    restarts: seen.restarts ?? 0,
  };
}

/** What of a job or task is told when it changes. */
type Told = "rawState" | "reason" | "exit" | "nodes" | "startedAt" | "endedAt" | "restarts";
type Standing = Pick<JobObservation, "state"> & { readonly [Name in Told]?: JobObservation[Name] | undefined };

/** Whether there is nothing to tell since. */
export function isUnchanged(one: Standing, other: Standing | undefined): boolean {
  if (other === undefined) return false;
  return one.state === other.state && one.reason === other.reason && (one.restarts ?? 0) === (other.restarts ?? 0);
}

/** What a watcher is told. */
export function changeOf(
  seen: Standing,
  before: Pick<Standing, "state"> | undefined,
): Extract<StoredEvent, { type: "state" }>["data"] {
  const { state, rawState, reason, exit, nodes, startedAt, endedAt, restarts = 0 } = seen;
  return {
    state,
    restarts,
    ...(before !== undefined && before.state !== state && { previous: before.state }),
    ...(rawState !== undefined && { rawState }),
    ...(reason !== undefined && { reason }),
    ...(exit !== undefined && { exit }),
    ...(nodes !== undefined && { nodes }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
  };
}
