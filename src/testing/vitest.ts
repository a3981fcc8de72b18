/**
 * Vitest's `test` with clusters, and `expect` with matchers for jobs.
 *
 * ```ts
 * import { expect, test } from "sluice/vitest";
 *
 * test("trains", async ({ slurmCluster }) => {
 *   const job = await slurmCluster.submit(train)("data.csv");
 *   await expect(job).toComplete();
 * });
 * ```
 *
 * With `sluice/vitest/setup` as `globalSetup` all files of a run share one cluster of each kind; otherwise each has its own.
 */
import { expect, inject, test as base, type TestAPI } from "vitest";
import type { PresetName } from "../launcher/presets.ts";
import { matchers, type JobMatchers } from "./matchers.ts";
import { mockCluster, type MockedCluster } from "./mock-cluster.ts";
import { startRegistry } from "./registry.ts";
import { TestedCluster } from "./tested-cluster.ts";
import { defaultTestConfig, type TestConfig } from "./test-configs.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Set by `sluice/vitest/setup`: whose clusters are shared. */
    sluiceShare?: string;
  }
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends JobMatchers<R> {}
}

/** What tests may ask for. A cluster that no test asks for is not started. */
export interface SlurmFixtures {
  /** One node with CPUs. */
  readonly slurmCluster: TestedCluster;
  /** One node with two simulated GPUs. */
  readonly slurmClusterGpu: TestedCluster;
  /** A controller and two nodes with CPUs. */
  readonly slurmClusterMulti: TestedCluster;
  /** A controller, two nodes with CPUs, one with four simulated GPUs, and a registry of images where one is installed. */
  readonly slurmClusterFull: TestedCluster;
  /** The configuration of a test cluster; starts none. */
  readonly slurmClusterConfig: TestConfig;
  /** The URL of a registry of images. */
  readonly slurmRegistry: string;
  /** A cluster that executes nothing, new for each test. */
  readonly mockCluster: MockedCluster;
}

/** The clusters themselves, each started once in a worker, by the first test that asks for it. */
interface WorkerFixtures {
  readonly slurmClusterOfWorker: TestedCluster;
  readonly slurmClusterGpuOfWorker: TestedCluster;
  readonly slurmClusterMultiOfWorker: TestedCluster;
  readonly slurmClusterFullOfWorker: TestedCluster;
  readonly slurmRegistry: string;
}

type Use<T> = (value: T) => Promise<void>;

/** Vitest runs a worker for each file unless it is told otherwise, so each file has clusters of its own. */
const perWorker = { scope: "worker" } as const;

const options = () => {
  const share = inject("sluiceShare");
  return share === undefined ? {} : { reuse: true, share };
};

async function useCluster(preset: PresetName, use: Use<TestedCluster>): Promise<void> {
  await using cluster = await TestedCluster.start({ preset, ...options() });
  await use(cluster);
}

/** `test` of Vitest. A test gets the clusters that it names among its parameters; waits for jobs end with the test. */
export const test: TestAPI<SlurmFixtures> = base.extend<{
  $worker: WorkerFixtures;
  $test: Omit<SlurmFixtures, "slurmRegistry">;
}>({
  slurmClusterOfWorker: [async ({}, use) => useCluster("cpu", use), perWorker],
  slurmClusterGpuOfWorker: [async ({}, use) => useCluster("gpu", use), perWorker],
  slurmClusterMultiOfWorker: [async ({}, use) => useCluster("multi-node", use), perWorker],
  slurmClusterFullOfWorker: [async ({}, use) => useCluster("full", use), perWorker],
  slurmRegistry: [
    async ({}, use) => {
      await using registry = await startRegistry(options());
      await use(registry.url);
    },
    perWorker,
  ],
  slurmCluster: async ({ slurmClusterOfWorker, signal }, use) => use(slurmClusterOfWorker.during(signal)),
  slurmClusterGpu: async ({ slurmClusterGpuOfWorker, signal }, use) => use(slurmClusterGpuOfWorker.during(signal)),
  slurmClusterMulti: async ({ slurmClusterMultiOfWorker, signal }, use) =>
    use(slurmClusterMultiOfWorker.during(signal)),
  slurmClusterFull: async ({ slurmClusterFullOfWorker, signal }, use) => use(slurmClusterFullOfWorker.during(signal)),
  slurmClusterConfig: async ({}, use) => use(defaultTestConfig()),
  mockCluster: async ({}, use) => {
    await using cluster = mockCluster();
    await use(cluster);
  },
});

expect.extend(matchers);

export { expect };
export type { ExpectedFailure, JobMatchers, PatienceOptions } from "./matchers.ts";
export { TestedCluster } from "./tested-cluster.ts";
