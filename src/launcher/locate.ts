import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "../errors.ts";
import type { ClusterRecord } from "../schema/cluster-record.ts";
import { requireRecord, type LauncherDeps } from "./clusters.ts";

/** A test cluster that a job can be sent to. */
export interface TestClusterLocation {
  readonly name: string;
  readonly directory: string;
  readonly slurmConf: string;
  readonly running: boolean;
}

/** The folder that `create` makes its clusters in. */
export const outputDirectoryName = ".slurm-cluster";

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

/**
 * The name of the cluster in the nearest `.slurm-cluster` folder, from `cwd` upwards; `undefined` where there is none.
 * Throws `INPUT_INVALID` where that folder holds several, none of them called `slurm-test`.
 */
export function nearestCluster(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const names = clustersIn(join(folder, outputDirectoryName));
    if (names.includes(defaultClusterName)) return defaultClusterName;
    if (names.length > 1) {
      throw new SluiceError(
        "INPUT_INVALID",
        `${join(folder, outputDirectoryName)} holds several clusters (${names.join(", ")}); say which with --cluster NAME`,
        { details: { field: "--cluster" } },
      );
    }
    if (names[0] !== undefined) return names[0];
    if (dirname(folder) === folder) return undefined;
  }
}

/** What a cluster is called where nobody says. */
export const defaultClusterName = "slurm-test";

function clustersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "cluster.yaml")))
    .map((entry) => entry.name)
    .sort();
}
