import { Cluster } from "../sdk/cluster.ts";
import { MockBackend, type MockOptions } from "./mock-backend.ts";

/** A cluster that executes nothing, with what a test does with it beside. */
export class MockedCluster extends Cluster {
  readonly mock: MockBackend;

  constructor(options: MockOptions = {}) {
    const mock = new MockBackend(options);
    super(mock);
    this.mock = mock;
  }

  /** What was submitted, in order. */
  get submissions(): MockBackend["submissions"] {
    return this.mock.submissions;
  }
}

/**
 * A cluster for unit tests: tasks are submitted to it as to any other, nothing is executed, and jobs end as the test says.
 *
 * ```ts
 * await using cluster = mockCluster({ outcomes: [{ task: "train", returns: { loss: 0.1 } }] });
 * const job = await cluster.submit(train)("data.csv");
 * job.nativeId; // mock-1
 * job.script; // what would have run: #!/bin/sh, #SBATCH --cpus-per-task=4, …
 * ```
 */
export function mockCluster(options?: MockOptions): MockedCluster;
/** The same for the time of a function; resolves to what that gives. */
export function mockCluster<T>(use: (cluster: MockedCluster) => Promise<T> | T, options?: MockOptions): Promise<T>;
export function mockCluster<T>(
  first?: MockOptions | ((cluster: MockedCluster) => Promise<T> | T),
  options?: MockOptions,
): MockedCluster | Promise<T> {
  if (typeof first !== "function") return new MockedCluster(first);
  return during(new MockedCluster(options), first);
}

async function during<T>(opened: MockedCluster, use: (cluster: MockedCluster) => Promise<T> | T): Promise<T> {
  await using cluster = opened;
  return await use(cluster);
}
