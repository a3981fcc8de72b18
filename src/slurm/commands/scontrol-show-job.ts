import type { Command } from "../../schema/command.ts";
import type { ExitStatus } from "../../schema/job.ts";
import { parseElapsed, type Duration } from "../values/duration.ts";
import { parseExitCode } from "../values/exit-code.ts";
import { parseSlurmJobState, type SlurmJobState } from "../values/job-state.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";
import { jobIdList } from "./job-ids.ts";
import {
  optionalNumber,
  optionalText,
  optionalTime,
  optionalWord,
  present,
  readingReply,
  unreadable,
  wholeNumber,
} from "./reply.ts";
import { readScontrolRecords, type RecordLayout, type ScontrolRecord } from "./scontrol-records.ts";

/** One job, one task of an array, or the waiting tasks of an array together. Times are ISO 8601 in UTC. */
export interface ShownJob {
  readonly jobId: number;
  /** `tasks` is `3`, or for those that wait together `4-9%2`. */
  readonly array?: { readonly jobId: number; readonly tasks: string };
  readonly hetJob?: { readonly jobId: number; readonly offset: number };
  readonly name: string;
  /** `alice(1000)`. */
  readonly user: string;
  readonly account?: string;
  readonly qos?: string;
  readonly state: SlurmJobState;
  readonly reason?: string;
  readonly dependency?: string;
  readonly requeue: boolean;
  readonly restarts: number;
  readonly batch: boolean;
  readonly exit: ExitStatus;
  readonly derivedExit?: ExitStatus;
  readonly elapsedSeconds: number;
  /** Absent where the partition's own limit holds. */
  readonly timeLimit?: Duration;
  readonly submitTime?: string;
  readonly eligibleTime?: string;
  /** Of a waiting job: when the scheduler expects to start it. */
  readonly startTime?: string;
  /** Of a running job: when its time limit ends it. */
  readonly endTime?: string;
  readonly partition: string;
  /** A hostlist. */
  readonly nodes?: string;
  readonly batchHost?: string;
  readonly nodeCount: number;
  readonly cpus: number;
  readonly tasks?: number;
  /** Asked for. Up to 23.02 one value stands for both. */
  readonly requestedTres?: string;
  readonly allocatedTres?: string;
  readonly command?: string;
  readonly workDirectory?: string;
  readonly comment?: string;
  /** Of waiting tasks of an array the path holds 4294967294 for the task: `outputOfTask` puts the task in. */
  readonly stdout?: string;
  /** From 25.11 on absent unless the job asked for it; it is then `stdout`. */
  readonly stderr?: string;
  readonly stdin?: string;
  /** Everything that was shown, under Slurm's own keys. */
  readonly fields: ScontrolRecord;
}

/** The lines of job records from 22.05 to 26.05, in the order of Slurm's `_sprint_job_info`. */
export const jobLayout: RecordLayout = {
  lines: [
    ["JobId", "ArrayJobId", "ArrayTaskId", "ArrayTaskThrottle", "HetJobId", "HetJobOffset", "JobName"],
    ["HetJobIdSet"],
    ["UserId", "GroupId", "MCS_label"],
    ["Priority", "Nice", "Account", "QOS", "WCKey"],
    ["JobState", "Reason", "FailedNode", "Dependency"],
    ["Requeue", "Restarts", "BatchFlag", "Reboot", "ExitCode"],
    ["DerivedExitCode"],
    ["RunTime", "TimeLimit", "TimeMin"],
    ["SubmitTime", "EligibleTime"],
    ["AccrueTime"],
    ["ResizeTime"],
    ["StartTime", "EndTime", "Deadline"],
    ["CronJob", "CrontabSpec"],
    ["PreemptEligibleTime", "PreemptTime"],
    ["SuspendTime", "SecsPreSuspend", "LastSchedEval", "Scheduler"],
    ["Partition", "AllocNode:Sid"],
    ["ReqNodeList", "ExcNodeList"],
    ["NodeList", "SchedNodeList"],
    ["BatchFeatures"],
    ["BatchHost"],
    ["StepMgrEnabled"],
    ["FedOrigin", "FedViableSiblings", "FedActiveSiblings"],
    ["NumNodes", "NumCPUs", "NumTasks", "CPUs/Task", "ReqB:S:C:T"],
    // One line `TRES` up to 23.02, two lines from 23.11 on.
    ["TRES"],
    ["ReqTRES"],
    ["AllocTRES"],
    ["Socks/Node", "NtasksPerN:B:S:C", "CoreSpec", "ThreadSpec"],
    ["JOB_GRES"],
    ["MinCPUsNode", "MinMemoryCPU", "MinMemoryNode", "MinMemoryTRES", "MinTmpDiskNode"],
    ["Features", "DelayBoot"],
    ["ClusterFeatures"],
    ["Prefer"],
    ["Reservation"],
    ["OverSubscribe", "Contiguous", "Licenses", "LicensesAlloc", "Network"],
    ["Command"],
    ["SubmitLine"],
    ["WorkDir"],
    ["AdminComment"],
    ["SystemComment"],
    ["Comment"],
    ["Extra"],
    ["StdErr"],
    ["StdIn"],
    ["StdOut"],
    // What may follow only ends the path before it.
    ["Switches"],
    ["BurstBuffer"],
    ["BurstBufferState"],
    ["CPU_Freq"],
    ["GresAllowTaskSharing"],
    ["GresEnforceBind"],
    ["GresOneTaskPerSharing"],
    ["KillOInInvalidDependent"],
    ["SpreadJob"],
    ["OOMKillStep"],
    ["CpusPerTres"],
    ["MemPerTres"],
    ["TresBind"],
    ["TresFreq"],
    ["TresPerJob"],
    ["TresPerNode"],
    ["TresPerSocket"],
    ["TresPerTask"],
    ["MailUser", "MailType"],
    ["NtasksPerTRES"],
    ["Container", "ContainerID"],
    ["SELinuxContext"],
    ["ResvPorts"],
    // Printed by 22.05 to 23.11.
    ["Power"],
  ],
  texts: new Set([
    "JobName",
    "Command",
    "SubmitLine",
    "WorkDir",
    "AdminComment",
    "SystemComment",
    "Comment",
    "Extra",
    "StdErr",
    "StdIn",
    "StdOut",
  ]),
};

/**
 * Shows jobs in every detail: `scontrol show job`, scontrol(1). An array answers with a record for each started task, the
 * last first, and one for those that wait. Dear on a busy controller: for states use `squeue`, and for names, comments and
 * paths with line breaks too (see `readScontrolRecords`). Throws `JOB_NOT_FOUND`, `CLUSTER_UNREACHABLE`.
 */
export function showJob(nativeId: string): Command<readonly ShownJob[]> {
  return {
    argv: ["scontrol", "--details", "show", "job", jobIdList("scontrol show job", [nativeId])],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("scontrol", output);
      const records = readScontrolRecords(output.stdout, jobLayout);
      if (records.length === 0) throw unreadable("scontrol show job", "no job in it", output.stdout);
      return readingReply("scontrol show job", () => records.map(toShownJob));
    },
  };
}

function toShownJob(fields: ScontrolRecord): ShownJob {
  const get = (key: string): string => {
    const value = fields.get(key);
    if (value === undefined) throw unreadable("scontrol show job", `it lacks ${key}`, [...fields.keys()].join(" "));
    return value;
  };
  const number = (text: string | undefined): number => wholeNumber("scontrol show job", text);
  const time = (key: string): string | undefined => optionalTime("scontrol show job", fields.get(key));
  const arrayJobId = fields.get("ArrayJobId");
  const hetJobId = fields.get("HetJobId");
  const derived = fields.get("DerivedExitCode");
  return present({
    jobId: number(get("JobId")),
    array: arrayJobId === undefined ? undefined : { jobId: number(arrayJobId), tasks: get("ArrayTaskId") },
    hetJob: hetJobId === undefined ? undefined : { jobId: number(hetJobId), offset: number(get("HetJobOffset")) },
    name: get("JobName"),
    user: get("UserId"),
    account: optionalWord(fields.get("Account")),
    qos: optionalWord(fields.get("QOS")),
    state: parseSlurmJobState(get("JobState")).state,
    reason: optionalWord(fields.get("Reason")),
    dependency: optionalWord(fields.get("Dependency")),
    requeue: get("Requeue") !== "0",
    restarts: number(get("Restarts")),
    batch: get("BatchFlag") !== "0",
    exit: parseExitCode(get("ExitCode")),
    derivedExit: derived === undefined ? undefined : parseExitCode(derived),
    elapsedSeconds: Number(parseElapsed(get("RunTime")) ?? 0),
    timeLimit: parseElapsed(get("TimeLimit")),
    submitTime: time("SubmitTime"),
    eligibleTime: time("EligibleTime"),
    startTime: time("StartTime"),
    endTime: time("EndTime"),
    partition: get("Partition"),
    nodes: optionalWord(fields.get("NodeList")),
    batchHost: optionalWord(fields.get("BatchHost")),
    // `2-4` while a job waits that asked for a range.
    nodeCount: number(get("NumNodes").split("-")[0]),
    cpus: number(get("NumCPUs").split("-")[0]),
    tasks: optionalNumber("scontrol show job", fields.get("NumTasks")),
    requestedTres: optionalWord(fields.get("ReqTRES") ?? fields.get("TRES")),
    allocatedTres: optionalWord(fields.get("AllocTRES") ?? fields.get("TRES")),
    command: optionalText(fields.get("Command")),
    workDirectory: optionalText(fields.get("WorkDir")),
    // Slurm puts a blank behind a comment.
    comment: optionalText(fields.get("Comment")?.replace(/ $/, "")),
    stdout: optionalText(fields.get("StdOut")),
    stderr: optionalText(fields.get("StdErr")),
    stdin: optionalText(fields.get("StdIn")),
    fields,
  });
}
