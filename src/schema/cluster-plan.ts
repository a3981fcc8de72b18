import type { GpuEnv, SwitchSpec } from "./cluster-spec.ts";

/** The Slurm releases that configuration is written for, oldest first. */
export const slurmReleases = ["22.05", "23.02", "23.11", "24.05", "24.11", "25.05", "25.11", "26.05"] as const;
export type SlurmRelease = (typeof slurmReleases)[number];

/** One slurmd. Several may share a host: then each has a port of its own and `hostname` is that host's. */
export interface PlannedNode {
  readonly name: string;
  readonly hostname: string;
  readonly address: string;
  readonly port: number;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly features: readonly string[];
  /** Absent: the node has no GPUs. `devices` has one path per GPU, in index order. */
  readonly gpus?: { readonly type: string; readonly devices: readonly string[] };
}

export interface PlannedPartition {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly isDefault: boolean;
  readonly maxTime?: string;
}

/** `none` is for one ordinary user where munge cannot run: everything belongs to that user. */
export type PlannedAuth = { readonly type: "munge"; readonly socket: string } | { readonly type: "none" };

/** `v1` and `v2` name what is mounted; `disabled` is known to Slurm from 24.05 on. */
export type CgroupMode = "v1" | "v2" | "disabled";

/** All that the writers of Slurm's configuration need to know: a spec that has found its ports, paths and users. */
export interface ClusterPlan {
  readonly name: string;
  readonly release: SlurmRelease;
  readonly controller: { readonly hostname: string; readonly address: string; readonly port: number };
  readonly nodes: readonly PlannedNode[];
  readonly partitions: readonly PlannedPartition[];
  readonly gpuEnv: GpuEnv;
  readonly auth: PlannedAuth;
  /** User names: slurmctld runs as `slurm`, slurmd as `slurmd`. */
  readonly users: { readonly slurm: string; readonly slurmd: string };
  /** Absolute paths; those of slurmd hold `%n`, which Slurm replaces by the node's name. */
  readonly paths: {
    readonly state: string;
    readonly slurmdSpool: string;
    readonly slurmctldLog: string;
    readonly slurmdLog: string;
    readonly slurmctldPid: string;
    readonly slurmdPid: string;
    readonly plugstack?: string;
  };
  readonly cgroup: CgroupMode;
  /** slurmdbd, where there is accounting. */
  readonly accounting?: { readonly host: string; readonly port: number };
  /** File of the JWT key, where slurmctld and slurmrestd take tokens. */
  readonly jwtKey?: string;
  readonly pyxis?: { readonly plugin: string };
  /** The tree of switches, where jobs are placed by it. */
  readonly switches?: readonly SwitchSpec[];
}

/** One generated file: a path below the cluster's folder, and its whole text. */
export interface PlannedFile {
  readonly path: string;
  readonly text: string;
  /** Permission bits; 0o644 where absent. */
  readonly mode?: number;
}
