import { SluiceError } from "../errors.ts";
import type { PresetName } from "../launcher/presets.ts";
import type { TestClusterOptions } from "./test-cluster-options.ts";
import { TestedCluster } from "./tested-cluster.ts";

/** How a test runner is told what to do before the tests of a file, or of a suite, and after them. */
export interface Hooks {
  readonly before: (start: () => Promise<void>, timeoutMs: number) => void;
  readonly after: (end: () => Promise<void>, timeoutMs: number) => void;
}

/** Gives the cluster, within tests; of a test that has a signal, one whose waits end with the test. */
export type ClusterGetter = (test?: { readonly signal?: AbortSignal | undefined }) => TestedCluster;

/** Under load a machine takes its time. */
const hookTimeoutMs = 120_000;

/** Starts a cluster before the tests and destroys it after them. */
export function useCluster(hooks: Hooks, preset: PresetName, options: TestClusterOptions): ClusterGetter {
  let cluster: TestedCluster | undefined;
  hooks.before(async () => {
    cluster = await TestedCluster.start({ preset, ...options });
  }, hookTimeoutMs);
  hooks.after(async () => {
    await cluster?.close();
    cluster = undefined;
  }, hookTimeoutMs);
  return ({ signal } = {}) => {
    if (cluster !== undefined) return cluster.during(signal);
    throw new SluiceError("CLUSTER_NOT_RUNNING", "the cluster is there within tests and their hooks; ask for it there");
  };
}
