import { existsSync } from "node:fs";
import { SluiceError } from "../errors.ts";
import type { Cluster } from "../jobs/cluster.ts";

/**
 * A cluster that may be destroyed while somebody follows a job on it. Slurm's commands wait a minute for a configuration that
 * is gone and then know no better than of a controller that is away; here it ends the waiting.
 */
export function vanishingCluster(cluster: Cluster, slurmConf: string): Cluster {
  return {
    ...cluster,
    async observe(job, signal) {
      if (existsSync(slurmConf)) return await cluster.observe(job, signal);
      throw new SluiceError(
        "CLUSTER_NOT_FOUND",
        `test cluster "${cluster.name}" is gone (${slurmConf} does not exist); how job ${job.nativeId} ended is unknown`,
        { details: { cluster: cluster.name, nativeId: job.nativeId } },
      );
    },
  };
}
