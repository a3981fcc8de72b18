import { randomUUID } from "node:crypto";
import { SluiceError } from "../errors.ts";
import type { LogLine } from "../launcher/logs.ts";
import type { NodeAction } from "../launcher/driver.ts";
import type { ClusterStatus } from "../schema/cluster-status.ts";
import type { MadeCluster } from "./made-cluster.ts";
import type { TestClusterConfig } from "./test-cluster-config.ts";
import type { TestClusterOptions } from "./test-cluster-options.ts";

/** Which lines of which logs; see `sluice cluster logs`. */
export interface TestClusterLogs {
  /** A node's or a daemon's name; all where left out. */
  readonly source?: string;
  /** The last so many lines of each to begin with; all where left out. */
  readonly tail?: number;
  /** Goes on until the signal aborts. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** A node, and what a test does to it. */
export interface TestNode {
  readonly name: string;
  /** slurmctld takes the node for dead and ends or requeues its jobs. */
  down(reason?: string): Promise<void>;
  /** Running jobs end, no new one starts. */
  drain(reason?: string): Promise<void>;
  /** Takes down and drain back. */
  resume(): Promise<void>;
  /** A power cut: slurmd, its steps and jobs are killed. */
  kill(): Promise<void>;
  /** The host hangs: they are stopped where they are. */
  freeze(): Promise<void>;
  /** They go on. */
  thaw(): Promise<void>;
  /** `kill`, then slurmd starts anew. */
  restart(): Promise<void>;
}

/**
 * A real Slurm cluster on this machine, for tests. It belongs to this process: when that ends, however it ends, the cluster
 * is destroyed.
 *
 * ```ts
 * await using testCluster = await TestCluster.start({ preset: "gpu" });
 * const cluster = Cluster.fromTestCluster(testCluster);
 * const job = await cluster.submit(train)("data.csv");
 * await testCluster.node("slurm").drain();
 * ```
 *
 * Failures are `SluiceError`s, as of `sluice cluster`: `SLURM_MISSING`, `CLUSTER_EXISTS`, `INPUT_INVALID`, `DAEMON_FAILED`, …
 */
export class TestCluster implements AsyncDisposable {
  readonly #options: TestClusterOptions;
  readonly #name: string;
  #made: MadeCluster | undefined;
  /** Steps go one after the other: a cluster takes one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: TestClusterOptions = {}) {
    if (options.reuse === true && options.name !== undefined) {
      throw new SluiceError(
        "INPUT_INVALID",
        "name: a cluster that is reused is known by its shape; leave the name out",
        {
          details: { field: "name" },
        },
      );
    }
    this.#options = options;
    this.#name = options.name ?? `test-${randomUUID().slice(0, 8)}`;
  }

  /** A cluster that runs; its end is that of the `await using`. */
  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const cluster = new TestCluster(options);
    await cluster.start();
    return cluster;
  }

  /** Of one that is reused, from its start on. */
  get name(): string {
    return this.#made?.config.testCluster ?? this.#name;
  }

  /** Makes its files, and starts nothing; one that is reused is made with its start. */
  async create(): Promise<void> {
    await this.#next(async () => {
      if (this.#options.reuse !== true) this.#made ??= await this.#make(false);
    });
  }

  /** Resolves when every node takes jobs. It is made first, where it has not been; one that runs is left as it is. */
  async start(): Promise<void> {
    await this.#next(async () => {
      if (this.#made === undefined) this.#made = await this.#make(true);
      else await this.#made.start();
    });
  }

  /** Ends its daemons and jobs; what waits in the queue is there again after a start. One that is reused goes on for others. */
  async stop(): Promise<void> {
    await this.#next(async () => this.#made?.stop());
  }

  /** Ends it, and leaves nothing of it; one that is reused with the last who uses it. */
  async destroy(): Promise<void> {
    await this.#next(async () => {
      await this.#made?.destroy();
      this.#made = undefined;
    });
  }

  /** How it is reached. Throws `CLUSTER_NOT_FOUND` before it is made. */
  getConfig(): TestClusterConfig {
    return this.#require().config;
  }

  /** Its nodes, partitions and daemons, as they are now. */
  async status(): Promise<ClusterStatus> {
    return await this.#require().status();
  }

  /** One of its compute nodes. What is done to it throws `NODE_NOT_FOUND` where there is none of that name. */
  node(name: string): TestNode {
    const act = (action: NodeAction, reason?: string): Promise<void> =>
      this.#next(() => this.#require().act(name, action, reason));
    return {
      name,
      down: (reason) => act("down", reason),
      drain: (reason) => act("drain", reason),
      resume: () => act("resume"),
      kill: () => act("kill"),
      freeze: () => act("freeze"),
      thaw: () => act("thaw"),
      restart: () => act("restart"),
    };
  }

  /** The lines of its logs, one log after the other, then, with `follow`, as they come. */
  logs(logs: TestClusterLogs = {}): AsyncIterable<LogLine> {
    return this.#require().logs(logs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy();
  }

  async #make(start: boolean): Promise<MadeCluster> {
    const { makeCluster } = await import("./made-cluster.ts");
    return await makeCluster(this.#name, this.#options, start);
  }

  #require(): MadeCluster {
    if (this.#made !== undefined) return this.#made;
    throw new SluiceError("CLUSTER_NOT_FOUND", `test cluster "${this.#name}" is not made yet; start() it first`, {
      details: { cluster: this.#name },
    });
  }

  #next<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => {});
    return result;
  }
}
