import { z } from "zod";

/** `missing` is not here or does not work; `warn` works with less than it could. */
export const CheckStatus = z.enum(["ok", "warn", "missing"]);
export type CheckStatus = z.infer<typeof CheckStatus>;

/** One row of `sluice doctor`. */
export const Check = z.object({
  /** A stable name for machines, `slurm.slurmctld`. */
  id: z.string(),
  title: z.string(),
  status: CheckStatus,
  /** A native test cluster cannot run where a needed check is `missing`. */
  needed: z.boolean(),
  /** What is there: a version, a path, a number, the tool's own words. */
  found: z.string(),
  /** What it is for. */
  why: z.string(),
  /** What to do, as a command where there is one; absent where nothing is to be done. */
  remedy: z.string().optional(),
});
export type Check = z.infer<typeof Check>;

/** What `sluice doctor --json` prints. */
export const DoctorReport = z.object({
  /** Whether a native test cluster can run here. */
  nativeCluster: z.boolean(),
  checks: z.array(Check),
});
export type DoctorReport = z.infer<typeof DoctorReport>;
