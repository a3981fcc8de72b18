import { z } from "zod";

/** One node of a cluster as its scheduler sees it. */
export const ClusterNode = z.object({
  name: z.string(),
  state: z.string().describe("The scheduler's word in lower case: idle, mixed, allocated, down, …"),
  flags: z
    .array(z.string())
    .readonly()
    .describe("What is added to the state: drain, not_responding, powered_down, maintenance, reboot_requested, …"),
  acceptsJobs: z.boolean().describe("Whether a job may start on it now, leaving aside how much of it is free"),
  reason: z
    .object({ text: z.string(), user: z.string().optional(), time: z.string().optional() })
    .optional()
    .describe("Why it is down or drained, who said so, and when (ISO 8601)"),
  partitions: z.array(z.string()).readonly(),
  cpus: z.object({ total: z.int(), allocated: z.int() }),
  memoryMb: z.object({ total: z.int(), allocated: z.int() }).describe("In units of 1,048,576 bytes, as in Slurm"),
  gres: z.string().optional().describe("Generic resources in Slurm's notation: gpu:a100:4"),
  gresUsed: z.string().optional().describe("Those that jobs have: gpu:a100:2(IDX:0-1)"),
  features: z.array(z.string()).readonly(),
});
export type ClusterNode = z.infer<typeof ClusterNode>;

/** One partition of a cluster. */
export const ClusterPartition = z.object({
  name: z.string(),
  state: z.string().describe("up; or down, drain or inactive, where no job starts in it"),
  isDefault: z.boolean().describe("Whether it takes the jobs that name none"),
  isHidden: z.boolean(),
  nodes: z.string().optional().describe("A hostlist; absent for a partition without nodes"),
  totalNodes: z.int(),
  totalCpus: z.int(),
  minNodes: z.int(),
  maxNodes: z.int().optional().describe("The most that one job may have; absent for no limit"),
  maxTimeSeconds: z.number().optional().describe("The longest that a job may run; absent for no limit"),
  defaultTimeSeconds: z
    .number()
    .optional()
    .describe("The limit of a job that names none; absent where that is the longest one"),
});
export type ClusterPartition = z.infer<typeof ClusterPartition>;

/** What a cluster consists of, as whoever asks may see it. */
export interface ClusterInventory {
  readonly nodes: readonly ClusterNode[];
  readonly partitions: readonly ClusterPartition[];
}
