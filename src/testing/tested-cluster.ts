import type { Backend } from "../sdk/backend.ts";
import { Cluster } from "../sdk/cluster.ts";
import { TestCluster } from "./test-cluster.ts";
import type { TestClusterOptions } from "./test-cluster-options.ts";
import { withSignal } from "./with-signal.ts";

/** A cluster that tasks are sent to, over a test cluster that tests may do things to. */
export class TestedCluster extends Cluster {
  readonly testCluster: TestCluster;
  readonly #isOwner: boolean;

  private constructor(testCluster: TestCluster, backend: Backend, isOwner: boolean) {
    super(backend);
    this.testCluster = testCluster;
    this.#isOwner = isOwner;
  }

  /** Starts a test cluster, which is destroyed when this is closed. Throws as `TestCluster.start`. */
  static async start(options: TestClusterOptions = {}): Promise<TestedCluster> {
    const testCluster = await TestCluster.start(options);
    return new TestedCluster(testCluster, Cluster.fromTestCluster(testCluster).backend, true);
  }

  /** The same cluster for the time of one test: what waits for it ends with the test's signal. */
  during(signal: AbortSignal | undefined): TestedCluster {
    if (signal === undefined) return this;
    return new TestedCluster(this.testCluster, withSignal(this.backend, signal), false);
  }

  override async close(): Promise<void> {
    await super.close();
    if (this.#isOwner) await this.testCluster.destroy();
  }
}
