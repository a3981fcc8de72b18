import { refuseInTask } from "./in-job.ts";

/**
 * What `Cluster` is in the code of a task. A module may make one at its top level for the program that it is part of, and the
 * job loads the same module; so making one is nothing, and whatever it is asked throws `IN_JOB_SUBMIT`.
 */
export class Cluster {
  static readonly fromConfig = (): Cluster => new Cluster();
  static readonly fromSlurmfile = (): Cluster => new Cluster();
  static readonly fromEnv = (): Cluster => new Cluster();
  static readonly fromTestCluster = (): Cluster => new Cluster();
  static readonly forTesting = (): Cluster => new Cluster();
  static readonly fromUrl = (): Cluster => new Cluster();

  readonly description = "none: this is the job of a task";

  get backend(): never {
    return refuseInTask("cluster.backend");
  }

  name(): never {
    return refuseInTask("cluster.name");
  }

  submit(): never {
    return refuseInTask("cluster.submit");
  }

  map(): never {
    return refuseInTask("cluster.map");
  }

  run(): never {
    return refuseInTask("cluster.run");
  }

  sbatch(): never {
    return refuseInTask("cluster.sbatch");
  }

  use(): never {
    return refuseInTask("cluster.use");
  }

  job(): never {
    return refuseInTask("cluster.job");
  }

  arrayJob(): never {
    return refuseInTask("cluster.arrayJob");
  }

  submitCall(): never {
    return refuseInTask("cluster.submitCall");
  }

  mapCalls(): never {
    return refuseInTask("cluster.mapCalls");
  }

  /** There is nothing to hear of. */
  on(): Disposable {
    return { [Symbol.dispose]() {} };
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Jobs are had from a cluster, so in the code of a task there are none. */
export class Job {
  readonly id = refuseInTask("new Job");
}

export class ArrayJob {
  readonly id = refuseInTask("new ArrayJob");
}
