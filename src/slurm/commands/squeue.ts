import { SluiceError } from "../../errors.ts";
import type { Command } from "../../schema/command.ts";
import type { ExitStatus } from "../../schema/job.ts";
import { parseElapsed, type Duration } from "../values/duration.ts";
import { parseSlurmJobState, type SlurmJobState } from "../values/job-state.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";
import { jobIdList } from "./job-ids.ts";
import { optionalText, optionalTime, optionalWord, present, readingReply, wholeNumber } from "./reply.ts";
import { longFormat, readRows, separators, type Row, type RowMemory } from "./separated-text.ts";
import { parseWaitStatus } from "./wait-status.ts";

export interface SqueueRequest {
  /** Drawn at random for every run, so that no job's name can hold it (see `separated-text.ts`). */
  readonly boundary: string;
  /** `12` stands for every task of an array, `12_3` for one. Ids that Slurm no longer knows are left out of the answer. */
  readonly jobs?: readonly string[];
  readonly users?: readonly string[];
  readonly partitions?: readonly string[];
  /** Absent: all states, so that a job that ended within MinJobAge is listed with how it ended. */
  readonly states?: readonly SlurmJobState[];
  /** One record for each waiting task of an array; without it those that wait share one record. */
  readonly eachTask?: boolean;
  /** Jobs of partitions too that are hidden, or closed to the caller's groups. */
  readonly everyPartition?: boolean;
  /** Of the last look, for whoever looks again and again: a job that has not changed is the same object. */
  readonly memory?: RowMemory<QueuedJob>;
}

/** A job, a task of an array, or the waiting tasks of an array together. Times are ISO 8601 in UTC. */
export interface QueuedJob {
  /** As squeue shows it: `12`, `12_3`, `12_[4-9%2]`, `12+1`. */
  readonly nativeId: string;
  /** The number that slurmctld keeps it under; every started task of an array has one of its own. */
  readonly jobId: number;
  /** Absent for a job that is no array. `tasks` is `3`, or for those that wait together `4-9%2`. */
  readonly array?: { readonly jobId: number; readonly tasks: string };
  readonly state: SlurmJobState;
  /** Slurm's word, `Resources`; for some jobs a sentence. */
  readonly reason?: string;
  /** How the script ended; means nothing before the job's end. */
  readonly exit: ExitStatus;
  /** The worst exit of the job's steps. */
  readonly derivedExit: ExitStatus;
  readonly restarts: number;
  readonly name: string;
  readonly user: string;
  readonly account?: string;
  readonly qos?: string;
  /** Several, separated by commas, while the job waits for any of them. */
  readonly partition: string;
  readonly priority: number;
  readonly dependency?: string;
  readonly nodeCount: number;
  /** A hostlist. */
  readonly nodes?: string;
  readonly batchHost?: string;
  readonly cpus: number;
  /** TRES of the job, asked for or allocated: `cpu=1,mem=256M,node=1,billing=1`. */
  readonly tres?: string;
  /** What was asked for on each node, `gres:gpu:2` (22.05) or `gres/gpu:2` (from 24.11). */
  readonly tresPerNode?: string;
  readonly timeLimit?: Duration;
  readonly elapsedSeconds: number;
  readonly submitTime?: string;
  readonly eligibleTime?: string;
  /** Of a waiting job: when the scheduler expects to start it. */
  readonly startTime?: string;
  /** Of a running job: when its time limit ends it. */
  readonly endTime?: string;
  /** Path of the script, and its arguments up to 24.05. Absent for `sbatch --wrap` and interactive jobs. */
  readonly command?: string;
  readonly workDirectory?: string;
  readonly comment?: string;
}

/** Columns of `--Format`, all known from 22.05 to 25.11; those that a user writes stand last. */
const columns = [
  "JobArrayID",
  "JobID",
  "ArrayJobID",
  "ArrayTaskID",
  "State",
  "exit_code",
  "DerivedEC",
  "RestartCnt",
  "UserName",
  "Account",
  "QOS",
  "Partition",
  "PriorityLong",
  "NumNodes",
  "NodeList",
  "BatchHost",
  "NumCPUs",
  "tres-alloc",
  "tres-per-node",
  "TimeLimit",
  "TimeUsed",
  "SubmitTime",
  "EligibleTime",
  "StartTime",
  "EndTime",
  "Dependency",
  "Reason",
  "Name",
  "Comment",
  "WorkDir",
  "Command",
] as const;

/**
 * Lists jobs: squeue(1). An empty list means that slurmctld knows of none such now, which is not to say that they ended
 * well. Throws `CLUSTER_UNREACHABLE`, `REPLY_UNREADABLE`.
 */
export function squeue(request: SqueueRequest): Command<readonly QueuedJob[]> {
  const between = separators(request.boundary);
  return {
    argv: [
      "squeue",
      "--noheader",
      "--noconvert",
      `--states=${request.states === undefined ? "all" : filter("states", request.states)}`,
      ...(request.jobs === undefined ? [] : [`--jobs=${jobIdList("squeue", request.jobs)}`]),
      ...(request.users === undefined ? [] : [`--users=${filter("users", request.users)}`]),
      ...(request.partitions === undefined ? [] : [`--partition=${filter("partitions", request.partitions)}`]),
      ...(request.eachTask === true ? ["--array"] : []),
      ...(request.everyPartition === true ? ["--all"] : []),
      `--Format=${longFormat(columns, between)}`,
    ],
    env: readerEnvironment,
    parse(output) {
      // Asked for one id that it does not know squeue fails; asked for several it leaves them out.
      if (request.jobs?.length === 1 && /Invalid job id specified/.test(output.stderr)) return [];
      expectSuccess("squeue", output);
      const table = { program: "squeue", columns, read: toQueuedJob };
      return readingReply("squeue", () => readRows(table, output.stdout, between, request.memory));
    },
  };
}

/** Slurm takes an empty list for "all", which nobody who filters means, and a comma for the next entry. */
function filter(field: string, values: readonly string[]): string {
  if (values.length === 0 || values.some((value) => !/^[^\s,]+$/.test(value))) {
    throw new SluiceError("INPUT_INVALID", `squeue: ${field} takes one or more names without blanks and commas`, {
      details: { field },
    });
  }
  return values.join(",");
}

function toQueuedJob(row: Row<(typeof columns)[number]>): QueuedJob {
  const tasks = optionalWord(row("ArrayTaskID"));
  return present({
    nativeId: row("JobArrayID"),
    jobId: wholeNumber("squeue", row("JobID")),
    array: tasks === undefined ? undefined : { jobId: wholeNumber("squeue", row("ArrayJobID")), tasks },
    state: parseSlurmJobState(row("State")).state,
    reason: optionalWord(row("Reason")),
    exit: parseWaitStatus(row("exit_code")),
    derivedExit: parseWaitStatus(row("DerivedEC")),
    restarts: wholeNumber("squeue", row("RestartCnt")),
    name: row("Name"),
    user: row("UserName"),
    account: optionalWord(row("Account")),
    qos: optionalWord(row("QOS")),
    partition: row("Partition"),
    priority: wholeNumber("squeue", row("PriorityLong")),
    dependency: optionalWord(row("Dependency")),
    // A range where the request was one; its lower end is what the job waits for.
    nodeCount: wholeNumber("squeue", row("NumNodes").split("-")[0]),
    nodes: optionalWord(row("NodeList")),
    batchHost: optionalWord(row("BatchHost")),
    cpus: wholeNumber("squeue", row("NumCPUs").split("-")[0]),
    tres: optionalWord(row("tres-alloc")),
    tresPerNode: optionalWord(row("tres-per-node")),
    timeLimit: parseElapsed(row("TimeLimit")),
    elapsedSeconds: Number(parseElapsed(row("TimeUsed")) ?? 0),
    submitTime: optionalTime("squeue", row("SubmitTime")),
    eligibleTime: optionalTime("squeue", row("EligibleTime")),
    startTime: optionalTime("squeue", row("StartTime")),
    endTime: optionalTime("squeue", row("EndTime")),
    command: optionalText(row("Command")),
    workDirectory: optionalText(row("WorkDir")),
    comment: optionalText(row("Comment")),
  });
}
