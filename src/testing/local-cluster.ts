import { Cluster } from "../sdk/cluster.ts";
import { LocalBackend } from "./local-backend.ts";

/**
 * A cluster that really executes tasks, on this machine and without Slurm; see `LocalBackend` for what it leaves out.
 *
 * ```ts
 * await using cluster = localCluster();
 * const job = await cluster.submit(train)("data.csv");
 * console.log(await job.wait());
 * ```
 */
export function localCluster(): Cluster {
  return new Cluster(new LocalBackend());
}
