import type { Job } from "../client/client.ts";
import { exitCodeOf } from "../jobs/exit-code.ts";
import { severity } from "../jobs/severity.ts";
import { finalStates, type JobObservation, type JobRecord } from "../schema/job.ts";
import { JobObservation as Observation } from "../schema/job.ts";
import type { StoredTask } from "../schema/stored-job.ts";

/** The final record of a job that has ended on its cluster. */
export function toRecord(job: Job, tasks: readonly StoredTask[], clusterKind: string): JobRecord {
  const observations = tasks.length > 0 ? tasks.map(observed) : [observed(job)];
  const worst = observations
    .filter(({ state }) => finalStates.has(state))
    .sort((a, b) => severity.indexOf(b.state) - severity.indexOf(a.state))[0];
  if (worst === undefined) throw new Error(`job ${job.id} has no task that ended`);
  return {
    jobId: job.id,
    cluster: job.cluster,
    clusterKind,
    nativeId: job.nativeId ?? worst.nativeId,
    name: job.name,
    state: worst.state,
    exitCode: Math.max(...observations.map(exitCodeOf)),
    tasks: observations,
  };
}

/** What the cluster showed of a job or task. */
function observed(of: Job | StoredTask): JobObservation {
  return Observation.parse({ rawState: "", ...of });
}
