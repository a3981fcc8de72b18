import { z } from "zod";
import { DriverKind } from "./cluster-file.ts";

export const ProcessRecord = z.strictObject({
  pid: z.int().min(1),
  /** Clock ticks after boot (proc(5)); with the pid it names one process for good. */
  startTime: z.number(),
});

export type ProcessRecord = z.infer<typeof ProcessRecord>;

export const DaemonRecord = z.strictObject({
  /** `slurmctld`, `munged`, …; a slurmd has its node's name. */
  name: z.string(),
  ...ProcessRecord.shape,
});
export type DaemonRecord = z.infer<typeof DaemonRecord>;

/** What a user's Sluice remembers of one test cluster, beside the cluster's own files. */
export const ClusterRecord = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  directory: z.string(),
  /** Where its sockets are: in its folder, or in /tmp where that folder's path is too long for sockets. */
  run: z.string(),
  driver: DriverKind,
  created: z.iso.datetime(),
  /** Every port that it holds or will hold when it is started again. */
  ports: z.array(z.int()),
  /** Set while it runs. */
  started: z.iso.datetime().optional(),
  daemons: z.array(DaemonRecord),
  /** Whose death ends the cluster; absent for one that stays until it is destroyed. */
  owner: ProcessRecord.optional(),
  /** Looks after the owner. */
  watch: ProcessRecord.optional(),
});
export type ClusterRecord = z.infer<typeof ClusterRecord>;
