import { lockCluster, operationOn, requireRecord, type LauncherDeps, type Progress } from "./clusters.ts";
import type { ClusterRecord } from "../schema/cluster-record.ts";

export interface StopRequest extends Progress {
  readonly name: string;
}

/** Stops a cluster and keeps its state: held and pending jobs are there again after a start. Resolves to false where it was stopped. */
export async function stopCluster(deps: LauncherDeps, request: StopRequest): Promise<boolean> {
  requireRecord(deps, request.name);
  await using _lock = await lockCluster(deps, request.name, "cluster stop", request.signal);
  const record = requireRecord(deps, request.name);
  const driver = deps.drivers.get(record.driver);
  const wasRunning = driver.alive(record).length > 0;
  // Also where all recorded daemons are dead: a job's processes may have outlived them.
  // What has begun is done to its end, which is near: a slurmctld that is killed instead forgets what it was told last.
  const signal = new AbortController().signal;
  await driver.stop(record, operationOn(deps, record, { ...request, signal }));
  deps.records.put(stopped(record));
  return wasRunning;
}

function stopped(record: ClusterRecord): ClusterRecord {
  const { started: _, ...rest } = record;
  return { ...rest, daemons: [] };
}
