import { z } from "zod";

/** Values of `--gpu-env`: which vendor's variables Slurm sets beside its own on a simulated GPU. */
export const gpuEnvs = ["none", "nvidia", "amd"] as const;
export const GpuEnv = z.enum(gpuEnvs);
export type GpuEnv = z.infer<typeof GpuEnv>;

/**
 * `all-in-one` runs slurmctld and a slurmd, `compute` a slurmd alone. A `controller` runs slurmctld alone: its CPUs and
 * memory are shown to people and never become a NodeName line.
 */
export const NodeRole = z.enum(["all-in-one", "controller", "compute"]);
export type NodeRole = z.infer<typeof NodeRole>;

/** Bounds that keep a mistyped count from filling the machine with daemons. */
export const specLimits = { nodes: 128, cpus: 1024, memoryMb: 16 * 1024 * 1024, gpus: 64 } as const;

/** slurmstepd's socket path holds the node's name twice and must stay below 108 bytes (unix(7)); hence the short bound. */
const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "takes lower-case letters, digits and inner hyphens")
  .max(30, "takes at most 30 characters");

/** Slurm cuts ClusterName at 40 characters in its accounting tables (slurm.conf(5)), so a name is never longer. */
export const ClusterName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/, "takes letters, digits, and inner hyphens, dots and underscores")
  .max(40, "takes at most 40 characters");

export const NodeSpec = z.strictObject({
  name,
  role: NodeRole,
  cpus: z.int().min(1).max(specLimits.cpus),
  /** MB, as RealMemory in slurm.conf(5). */
  memory: z.int().min(64).max(specLimits.memoryMb),
  gpus: z.int().min(0).max(specLimits.gpus).optional(),
  gpu_type: name.optional(),
  features: z.array(z.string().regex(/^[A-Za-z0-9_.-]+$/)).optional(),
  partitions: z.array(name).optional(),
});
export type NodeSpec = z.infer<typeof NodeSpec>;

export const PartitionSpec = z.strictObject({
  name,
  default: z.boolean().optional(),
  /** Left out: every node whose `partitions` names this one. */
  nodes: z.array(name).optional(),
  /** A Slurm duration, `1:00:00`. */
  max_time: z.string().min(1).optional(),
  /** Features that mark this partition's nodes; Slurm knows features of nodes alone, so the nodes get them. */
  features: z.array(z.string().regex(/^[A-Za-z0-9_.-]+$/)).optional(),
});
export type PartitionSpec = z.infer<typeof PartitionSpec>;

export const ServicesSpec = z.strictObject({
  registry: z.boolean().optional(),
  pyxis: z.boolean().optional(),
  accounting: z.boolean().optional(),
  rest: z.boolean().optional(),
});
export type ServicesSpec = z.infer<typeof ServicesSpec>;

/** Slurm refuses longer names of switches (switch_record.c); the characters are those that topology.conf(5) holds plainly. */
const switchName = z
  .string()
  .regex(/^[!$-+./0-9:;<>?@A-Z^_`a-z{|}~-]+$/, "takes letters, digits and signs, but no blank, comma or bracket")
  .max(64, "takes at most 64 characters");

/** A switch of the cluster's network: with switches below it, or with nodes. */
export const SwitchSpec = z.strictObject({
  name: switchName,
  switches: z.array(switchName).min(1).optional(),
  nodes: z.array(name).min(1).optional(),
});
export type SwitchSpec = z.infer<typeof SwitchSpec>;

/** The network that Slurm is told of. */
export const TopologySpec = z.strictObject({
  /** In any order; every node that runs jobs is below one of them. */
  switches: z.array(SwitchSpec).min(1),
});
export type TopologySpec = z.infer<typeof TopologySpec>;

/** What a test cluster is, apart from where it runs: the `cluster:` part of `cluster.yaml`. */
export const ClusterSpec = z.strictObject({
  name: ClusterName,
  nodes: z.array(NodeSpec).min(1),
  partitions: z.array(PartitionSpec).min(1),
  services: ServicesSpec.optional(),
  gpu_env: GpuEnv.optional(),
  topology: TopologySpec.optional(),
});
export type ClusterSpec = z.infer<typeof ClusterSpec>;
