import { z } from "zod";
import { DriverKind } from "./cluster-file.ts";

/**
 * `running`: every daemon runs and slurmctld answers. `degraded`: something of it runs, not all. `broken`: its files are
 * gone or cannot be read.
 */
export const ClusterCondition = z.enum(["running", "degraded", "stopped", "broken"]);
export type ClusterCondition = z.infer<typeof ClusterCondition>;

export const NodeStatus = z.object({
  name: z.string(),
  /** Slurm's own word now (`idle`, `mixed`, `drained`, `inval`, …); `up` or `down` for a controller; `unknown` where nobody answers. */
  state: z.string(),
  reason: z.string().optional(),
  cpus: z.int(),
  gpus: z.int(),
  /** MB */
  memory: z.int(),
  partitions: z.array(z.string()),
});
export type NodeStatus = z.infer<typeof NodeStatus>;

export const PartitionStatus = z.object({
  name: z.string(),
  /** A hostlist. */
  nodes: z.string(),
  state: z.string(),
  default: z.boolean(),
});
export type PartitionStatus = z.infer<typeof PartitionStatus>;

export const DaemonStatus = z.object({ name: z.string(), pid: z.int(), running: z.boolean() });

/** What `sluice cluster list --json` prints of each cluster. */
export const ClusterSummary = z.object({
  name: z.string(),
  status: ClusterCondition,
  driver: DriverKind,
  directory: z.string(),
  created: z.string(),
  /** Seconds; absent where it does not run. */
  uptime: z.int().optional(),
  nodes: z.int(),
  ssh_port: z.int().optional(),
  /** Whose death ends it. */
  owner: z.int().optional(),
});
export type ClusterSummary = z.infer<typeof ClusterSummary>;

/** What `sluice cluster status --json` prints. */
export const ClusterStatus = z.object({
  ...ClusterSummary.omit({ nodes: true, ssh_port: true }).shape,
  slurm: z.string(),
  slurm_conf: z.string(),
  nodes: z.array(NodeStatus),
  partitions: z.array(PartitionStatus),
  connection: z.object({
    hostname: z.string(),
    port: z.int().optional(),
    ssh: z.string().optional(),
    /** The private key that ssh needs. */
    identity_file: z.string().optional(),
    password: z.string().optional(),
    rest: z.string().optional(),
  }),
  registry: z.string().optional(),
  daemons: z.array(DaemonStatus),
});
export type ClusterStatus = z.infer<typeof ClusterStatus>;
