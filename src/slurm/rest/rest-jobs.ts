import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { ExitStatus } from "../../schema/job.ts";
import { optionalWord, present, readingReply, type Present } from "../commands/reply.ts";
import type { QueuedJob } from "../commands/squeue.ts";
import { parseWaitStatus } from "../commands/wait-status.ts";
import { parseTaskList } from "../values/array-spec.ts";
import { parseSlurmJobState, type SlurmJobState } from "../values/job-state.ts";
import { RestNumber, RestTime } from "./rest-number.ts";
import type { RestEnvelope, RestReply } from "./rest-reply.ts";

/** What Sluice observes of a job, in squeue's words. */
export type ShownJob = Pick<
  QueuedJob,
  | "nativeId"
  | "state"
  | "reason"
  | "exit"
  | "restarts"
  | "name"
  | "partition"
  | "nodes"
  | "submitTime"
  | "startTime"
  | "endTime"
>;

const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? "");

/** wait(2)'s number up to v0.0.39, an object since. */
const Exit = z
  .union([z.number(), z.object({ return_code: RestNumber, signal: z.object({ id: RestNumber }).nullish() })])
  .transform((exit): ExitStatus => {
    if (typeof exit === "number") return parseWaitStatus(String(exit));
    const signal = exit.signal?.id ?? 0;
    return signal === 0 ? { status: exit.return_code ?? 0, signal } : { status: 0, signal };
  });

/** A word up to v0.0.39, the base state and its flags since. */
const State = z.union([z.string(), z.array(z.string())]).transform((words) => (Array.isArray(words) ? words : [words]));

const Job = z.looseObject({
  job_id: z.int(),
  array_job_id: RestNumber,
  array_task_id: RestNumber,
  array_task_string: Text,
  het_job_id: RestNumber,
  job_state: State,
  state_reason: Text,
  state_description: Text,
  exit_code: Exit,
  restart_cnt: RestNumber,
  name: Text,
  partition: Text,
  nodes: Text,
  submit_time: RestTime,
  start_time: RestTime,
  end_time: RestTime,
});
type Job = z.infer<typeof Job>;

/** Flags that squeue shows in place of the base state, the first of them that is set (`job_state_string` of Slurm). */
const shownFlags: readonly SlurmJobState[] = [
  "COMPLETING",
  "STAGE_OUT",
  "CONFIGURING",
  "RESIZING",
  "REQUEUED",
  "REQUEUE_FED",
  "REQUEUE_HOLD",
  "SPECIAL_EXIT",
  "STOPPED",
  "REVOKED",
  "RESV_DEL_HOLD",
  "SIGNALING",
];

/**
 * The jobs of an answer to `GET job/ID`, each waiting task of an array by itself; `undefined` for parts of a heterogeneous
 * job, which squeue alone names as such. Throws `REPLY_UNREADABLE`.
 */
export function readRestJobs(reply: RestReply, envelope: RestEnvelope): readonly ShownJob[] | undefined {
  const parsed = z.array(Job).safeParse(envelope["jobs"]);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const problem = `jobs.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}`;
    throw new SluiceError(
      "REPLY_UNREADABLE",
      `the answer of slurmrestd to ${reply.request} cannot be read: ${problem}`,
      {
        details: { program: "slurmrestd", request: reply.request },
      },
    );
  }
  if (parsed.data.some(({ het_job_id: leader = 0 }) => leader > 0)) return undefined;
  return readingReply("slurmrestd", () =>
    parsed.data.flatMap((job) => nativeIds(job).map((nativeId) => toShownJob(nativeId, job))),
  );
}

function nativeIds({ job_id, array_job_id: array = 0, array_task_id: task, array_task_string: tasks }: Job): string[] {
  if (array === 0) return [String(job_id)];
  if (task !== undefined) return [`${array}_${task}`];
  return tasks === "" ? [String(job_id)] : parseTaskList(tasks).indices.map((index) => `${array}_${index}`);
}

function toShownJob(nativeId: string, job: Job): ShownJob {
  const shown: Present<{ [K in keyof Required<ShownJob>]: ShownJob[K] }> = present({
    nativeId,
    state: shownState(job.job_state),
    // As squeue has it: a sentence where there is one.
    reason: optionalWord(job.state_description === "" ? job.state_reason : job.state_description),
    exit: job.exit_code,
    restarts: job.restart_cnt ?? 0,
    name: job.name,
    partition: job.partition,
    nodes: job.nodes === "" ? undefined : job.nodes,
    submitTime: job.submit_time,
    startTime: job.start_time,
    endTime: job.end_time,
  });
  return shown;
}

function shownState(words: readonly string[]): SlurmJobState {
  const flag = shownFlags.find((name) => words.includes(name));
  return parseSlurmJobState(flag ?? words[0] ?? "").state;
}
