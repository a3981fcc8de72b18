import { SluiceError } from "../errors.ts";
import { TestCluster } from "./test-cluster.ts";
import type { TestClusterOptions } from "./test-cluster-options.ts";

/** A registry of images for tests. */
export interface TestRegistry extends AsyncDisposable {
  /** `http://localhost:5000` */
  readonly url: string;
}

/** Starts a registry, beside a test cluster that it belongs to. Throws `SLURM_MISSING` where docker-registry is not installed. */
export async function startRegistry(options: TestClusterOptions = {}): Promise<TestRegistry> {
  const cluster = await TestCluster.start({ ...options, withRegistry: true });
  const { registry: url } = cluster.getConfig();
  if (url !== undefined) return { url, [Symbol.asyncDispose]: () => cluster.destroy() };
  await cluster.destroy();
  throw new SluiceError("DRIVER_UNAVAILABLE", "the test cluster came up without the registry that was asked for");
}
