import { z } from "zod";

/** One cluster, and how it does. */
export const ClusterView = z.object({
  name: z.string(),
  kind: z.string(),
  capabilities: z
    .array(z.string())
    .readonly()
    .optional()
    .describe(
      "What it can do beyond running one script on one host: `arrays`, `dependencies`, …; absent where that is not known.",
    ),
  status: z.enum(["up", "unreachable", "unknown"]).describe("`unknown` until it was asked for the first time."),
  message: z.string().optional().describe("What stands in the way: the hop that failed, in words."),
  code: z.string().optional().describe("The code of that error."),
  lastAnswer: z.string().optional(),
  pollSeconds: z.number(),
  isDefault: z.boolean().optional().describe("Set for the one that takes jobs where none is named."),
  isRemote: z
    .boolean()
    .optional()
    .describe("Set where it is reached over a network, so that folders of the gateway's machine are not there."),
});
export type ClusterView = z.infer<typeof ClusterView>;

export const ClusterList = z.object({ clusters: z.array(ClusterView).readonly() });

/** One row of a cluster's queue, whoever's it is, as of the last poll. */
export const QueueEntry = z.object({
  cluster: z.string(),
  nativeId: z.string(),
  jobId: z.string().optional().describe("Sluice's id, where it is a job of Sluice's."),
  name: z.string(),
  user: z.string(),
  partition: z.string(),
  state: z.string(),
  reason: z.string().optional(),
  nodes: z.string().optional(),
  submittedAt: z.string().optional(),
  startedAt: z.string().optional(),
});
export type QueueEntry = z.infer<typeof QueueEntry>;

export const QueueList = z.object({ queue: z.array(QueueEntry).readonly() });

/** Whether the gateway can do its work. Who calls without a token is told no more than that. */
export const Readiness = z.object({
  ready: z.boolean(),
  clusters: z.array(ClusterView).readonly().optional(),
});

export const Liveness = z.object({ status: z.literal("ok") });
