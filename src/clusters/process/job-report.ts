import { z } from "zod";
import { ExitStatus, type JobObservation } from "../../schema/job.ts";

/** How far one task has come. Times are ISO 8601 in UTC. */
export const TaskReport = z.strictObject({
  nativeId: z.string(),
  state: z.enum(["pending", "running", "completed", "failed", "cancelled", "timeout"]),
  pid: z.int().optional(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  exit: ExitStatus.optional(),
  /** Why the task did not run. */
  reason: z.string().optional(),
});
export type TaskReport = z.infer<typeof TaskReport>;

/** `report.json` of a job's folder: the supervisor's word on every task, replaced in one step at each change. */
export const JobReport = z.strictObject({ tasks: z.array(TaskReport) });
export type JobReport = z.infer<typeof JobReport>;

/** What the report of a task says, in the words of every cluster. */
export function observeTask(
  task: TaskReport,
  facts: { name: string; host: string; submittedAt: string },
): JobObservation {
  const { pid: _pid, ...known } = task;
  return {
    ...known,
    rawState: task.state.toUpperCase(),
    name: facts.name,
    partition: "process",
    nodes: facts.host,
    submittedAt: facts.submittedAt,
    ...(task.state === "pending" && task.nativeId.includes("_") && { reason: "JobArrayTaskLimit" }),
  };
}
