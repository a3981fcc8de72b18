import { join } from "node:path";
import type { ClusterRecord } from "../schema/cluster-record.ts";
import { requireRecord, type LauncherDeps } from "./clusters.ts";

/** A test cluster that a job can be sent to. */
export interface TestClusterLocation {
  readonly name: string;
  readonly directory: string;
  readonly slurmConf: string;
  readonly running: boolean;
}

/** Where the cluster of a name is. Throws `CLUSTER_NOT_FOUND`. */
export function locateCluster(deps: LauncherDeps, name: string): TestClusterLocation {
  const record = requireRecord(deps, name);
  return {
    name,
    directory: record.directory,
    slurmConf: join(record.directory, "config", "slurm.conf"),
    running: isRunning(deps, record),
  };
}

/** Whether a cluster's controller runs; its other daemons may be down all the same. */
export function isRunning(deps: LauncherDeps, record: ClusterRecord): boolean {
  const alive = deps.drivers.get(record.driver).alive(record);
  return alive.some((daemon) => daemon.name === "slurmctld");
}
