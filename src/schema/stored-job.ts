import { z } from "zod";
import { ExitStatus, JobState } from "./job.ts";

/** What is asked of the job that is waited for, in sbatch's words (sbatch(1), --dependency). */
export const dependencyConditions = [
  "after",
  "afterany",
  "afterburstbuffer",
  "aftercorr",
  "afternotok",
  "afterok",
] as const;

/** One condition on another job that Sluice knows; it becomes a native id when this one is submitted. */
export const JobDependency = z.strictObject({
  condition: z.enum(dependencyConditions),
  jobId: z.string().min(1).describe("Sluice's id of the other job."),
  task: z.int().min(0).optional().describe("One task of it, where it is an array."),
  delayMinutes: z.int().min(0).optional().describe("How long after the event, in minutes; with `after` alone."),
});
export type JobDependency = z.infer<typeof JobDependency>;

/** Everything that is needed to submit a job, at any time and by any process. */
export const Submission = z.strictObject({
  script: z.base64().describe("The user's script, byte for byte, in base64."),
  args: z.array(z.string()).readonly().describe("Arguments of the script."),
  options: z.array(z.string()).readonly().describe("sbatch's options, one argument each: `--nodes=2`, `--exclusive`."),
  environment: z
    .record(z.string(), z.string())
    .describe("Variables that the job gets over those of the place where it is submitted."),
  callerEnvironment: z
    .record(z.string(), z.string())
    .optional()
    .describe("All variables of who asked, from which the job is submitted; never shown to anybody."),
  workDirectory: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Absolute path: where the job starts unless its options say otherwise; the cluster's own choice where absent.",
    ),
  /** What the job waits for, beside what its options say in native ids: all of it, or any one. */
  dependencies: z
    .strictObject({ needs: z.enum(["all", "any"]), on: z.array(JobDependency).min(1).readonly() })
    .optional(),
});
export type Submission = z.infer<typeof Submission>;

/** What the state of a job is worth: known now, not known for the moment, or not ours to see. Neither of the last two is final. */
export const Freshness = z.enum(["fresh", "stale", "hidden"]);
export type Freshness = z.infer<typeof Freshness>;

/** Why a job was rejected. */
export const JobError = z.strictObject({ code: z.string(), message: z.string() });
export type JobError = z.infer<typeof JobError>;

/** One job as Sluice has it. Times are ISO 8601 in UTC; what is not known is absent. */
export const StoredJob = z.strictObject({
  id: z.string().min(1).describe("Sluice's own id (ULID), made before anything else."),
  position: z
    .int()
    .min(1)
    .describe("Its place among all jobs in the order in which they were accepted; grows, with gaps."),
  cluster: z.string().min(1),
  owner: z.string().min(1).describe("The subject for whom it runs."),
  user: z
    .string()
    .min(1)
    .optional()
    .describe("The Unix user as whom it runs, as it was mapped when it was accepted; the gateway's own where absent."),
  name: z.string(),
  labels: z.record(z.string(), z.string()).describe("Those that it was submitted with."),
  state: JobState,
  rawState: z.string().optional().describe("The scheduler's own word for the state, and its reason, untouched."),
  reason: z.string().optional(),
  freshness: Freshness.describe("What the state is worth: known now, not known for the moment, or not ours to see."),
  nativeId: z.string().optional().describe("The scheduler's own id: `123`; for an array the number of the whole."),
  directory: z.string().optional().describe("The job's own folder on its cluster."),
  tasks: z
    .array(z.int().min(0))
    .readonly()
    .optional()
    .describe("The tasks of an array, ascending; absent for a job that is none."),
  exit: ExitStatus.optional().describe(
    "The status with which it ended, and the signal that ended it, 0 where none did.",
  ),
  nodes: z.string().optional().describe("A hostlist."),
  partition: z.string().optional(),
  stdoutPath: z.string().optional().describe("Where its output goes, as the scheduler says."),
  stderrPath: z.string().optional(),
  acceptedAt: z.iso.datetime(),
  submittedAt: z.iso.datetime().optional(),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  updatedAt: z.iso.datetime().describe("When Sluice last learnt something new of it."),
  restarts: z.int().min(0).describe("How often the scheduler has put it back into the queue."),
  error: JobError.optional().describe("Why it was rejected: a code and a message."),
  cancelRequested: z.boolean().describe("Somebody has asked for its end."),
  version: z.int().min(1).describe("One more at every change; a write that names an older one comes too late."),
});
export type StoredJob = z.infer<typeof StoredJob>;

/** One task of an array, or one component of a heterogeneous job. */
export const StoredTask = z.strictObject({
  jobId: z.string().min(1),
  nativeId: z.string().min(1).describe("`123_4`, or `123+1`."),
  state: JobState,
  rawState: z.string(),
  reason: z.string().optional(),
  exit: ExitStatus.optional(),
  nodes: z.string().optional(),
  partition: z.string().optional(),
  stdoutPath: z.string().optional(),
  stderrPath: z.string().optional(),
  submittedAt: z.iso.datetime().optional(),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  updatedAt: z.iso.datetime(),
  restarts: z.int().min(0),
});
export type StoredTask = z.infer<typeof StoredTask>;
