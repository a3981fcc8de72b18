/**
 * Clusters for tests under `node --test`.
 *
 * ```ts
 * import { test } from "node:test";
 * import { useSlurmCluster } from "sluice/node-test";
 *
 * const slurm = useSlurmCluster("cpu");
 *
 * test("trains", async (t) => {
 *   const job = await slurm(t).submit(train)("data.csv");
 *   assert.equal(await job.wait(), "good");
 * });
 * ```
 */
import { after, before } from "node:test";
import type { PresetName } from "../launcher/presets.ts";
import type { TestClusterOptions } from "./test-cluster-options.ts";
import { useCluster, type ClusterGetter } from "./use-cluster.ts";

/**
 * A cluster for the tests of a file, or of the suite that this is called in. It is started before the first of them, and
 * destroyed after the last. With `{ reuse: true }` files that run at the same time share one.
 */
export function useSlurmCluster(preset: PresetName = "cpu", options: TestClusterOptions = {}): ClusterGetter {
  const hooks = {
    before: (start: () => Promise<void>, timeout: number) => before(start, { timeout }),
    after: (end: () => Promise<void>, timeout: number) => after(end, { timeout }),
  };
  return useCluster(hooks, preset, options);
}

export type { TestClusterOptions } from "./test-cluster-options.ts";
export { TestedCluster } from "./tested-cluster.ts";
export type { ClusterGetter } from "./use-cluster.ts";
