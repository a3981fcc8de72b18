import type { PresetName } from "../launcher/presets.ts";
import type { GpuEnv } from "../schema/cluster-spec.ts";

/** What a test cluster is to be: the options of `sluice cluster create`. A preset gives the defaults. */
export interface ClusterShape {
  /** `cpu` where left out. */
  readonly preset?: PresetName | undefined;
  readonly cpuNodes?: number | undefined;
  readonly gpuNodes?: number | undefined;
  readonly cpusPerNode?: number | undefined;
  readonly gpusPerNode?: number | undefined;
  /** MB of each node. */
  readonly memoryPerNode?: number | undefined;
  /** Whose variables jobs with GPUs get, beside Slurm's. */
  readonly gpuEnv?: GpuEnv | undefined;
  /**
   * The network that Slurm places jobs by: a model that comes with Sluice, such as `crusoe-two-pods.yaml`, or the path of a model,
   * a `topology.conf` or a `topology.yaml`. Its nodes are the cluster's.
   */
  readonly topology?: string | undefined;
  readonly withRegistry?: boolean | undefined;
  readonly withPyxis?: boolean | undefined;
  readonly withAccounting?: boolean | undefined;
  readonly withRest?: boolean | undefined;
}

export interface TestClusterOptions extends ClusterShape {
  /** Its name among this user's test clusters; one of its own where left out. */
  readonly name?: string | undefined;
  /** Port of its sshd; a free one where left out. */
  readonly port?: number | undefined;
  /** Where its folder is made; a temporary folder where left out. */
  readonly outputDirectory?: string | undefined;
  /** Sluice's home, whose registry knows it: `SLUICE_HOME`, or `~/.sluice`, where left out. */
  readonly home?: string | undefined;
  /**
   * One cluster for all who ask for the same shape at the same time, whatever process they are in. It is there as long as
   * one of them is.
   */
  readonly reuse?: boolean | undefined;
  /** @internal With `reuse`: those of one test run alone share it, for the time of that run. */
  readonly share?: string | undefined;
  /** How long each step may take, in milliseconds; 60 s where left out. */
  readonly timeoutMs?: number | undefined;
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined;
}
