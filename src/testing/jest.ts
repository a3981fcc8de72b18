/**
 * Clusters for tests under Jest, and matchers for jobs.
 *
 * ```ts
 * import { useSlurmCluster } from "sluice/jest";
 *
 * const slurm = useSlurmCluster("cpu");
 *
 * test("trains", async () => {
 *   const job = await slurm().submit(train)("data.csv");
 *   await expect(job).toComplete();
 * });
 * ```
 *
 * Sluice is made of ES modules, which Jest runs with `NODE_OPTIONS=--experimental-vm-modules`. With `sluice/jest/setup` as
 * `globalSetup` and `sluice/jest/teardown` as `globalTeardown` all files of a run share one cluster of each preset.
 */
import { readEnvironment } from "../environment.ts";
import { SluiceError } from "../errors.ts";
import type { PresetName } from "../launcher/presets.ts";
import { knowErrorsOfNode } from "./jest-realm.ts";
import { matchers, type JobMatchers } from "./matchers.ts";
import { shareVariable } from "./share-variable.ts";
import type { TestClusterOptions } from "./test-cluster-options.ts";
import { useCluster, type ClusterGetter } from "./use-cluster.ts";

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- Jest's own types are merged so.
  namespace jest {
    // oxlint-disable-next-line no-unused-vars -- The same parameters as there.
    interface Matchers<R, T = {}> extends JobMatchers<R> {}
  }
}

knowErrorsOfNode();

/** What Jest puts beside the tests, as far as it is needed here. */
interface JestGlobals {
  readonly beforeAll: (hook: () => Promise<void>, timeoutMs: number) => void;
  readonly afterAll: (hook: () => Promise<void>, timeoutMs: number) => void;
  readonly expect: { readonly extend: (matchers: object) => void };
}

/**
 * A cluster for the tests of a file, or of the `describe` that this is called in. It is started before the first of them, and
 * destroyed after the last, unless the files of a run share theirs. The matchers are there from then on.
 */
export function useSlurmCluster(preset: PresetName = "cpu", options: TestClusterOptions = {}): ClusterGetter {
  const { beforeAll, afterAll, expect } = globals();
  expect.extend(matchers);
  const share = readEnvironment()[shareVariable];
  const shared = share === undefined ? {} : { reuse: true, share };
  return useCluster({ before: beforeAll, after: afterAll }, preset, { ...shared, ...options });
}

function globals(): JestGlobals {
  const scope: object = globalThis;
  if (isJest(scope)) return scope;
  throw new SluiceError(
    "INPUT_INVALID",
    "useSlurmCluster: there is no beforeAll, afterAll and expect here; call it in a test file of Jest, with injectGlobals left on",
  );
}

function isJest(scope: object): scope is JestGlobals {
  return "beforeAll" in scope && "afterAll" in scope && "expect" in scope;
}

export { matchers, type ExpectedFailure, type JobMatchers, type PatienceOptions } from "./matchers.ts";
export type { TestClusterOptions } from "./test-cluster-options.ts";
export { TestedCluster } from "./tested-cluster.ts";
export type { ClusterGetter } from "./use-cluster.ts";
