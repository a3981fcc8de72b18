import type { ClusterShape } from "./test-cluster-options.ts";

/** A configuration of a test cluster that is made when it is first needed; `Cluster.fromConfig` takes it. */
export interface TestConfig {
  readonly testing: ClusterShape;
}

/** One node with CPUs. Starts nothing by itself. */
export function defaultTestConfig(): TestConfig {
  return { testing: { preset: "cpu" } };
}

/** One node with so many simulated GPUs; two where left out. */
export function gpuTestConfig({ gpus = 2 }: { readonly gpus?: number } = {}): TestConfig {
  return { testing: { preset: "gpu", gpusPerNode: gpus } };
}
