import type { Command } from "../../schema/command.ts";
import type { ExitStatus } from "../../schema/job.ts";
import { parseElapsed, type Duration } from "../values/duration.ts";
import { parseExitCode } from "../values/exit-code.ts";
import { parseSlurmJobState, type SlurmJobState } from "../values/job-state.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";
import { jobIdList } from "./job-ids.ts";
import { optionalText, optionalTime, optionalWord, present, readingReply, unreadable, wholeNumber } from "./reply.ts";
import { separators, toRow, type Row } from "./separated-text.ts";

export interface SacctRequest {
  /** Drawn at random for every run, so that no job's name can hold it (see `separated-text.ts`). */
  readonly boundary: string;
  readonly jobs: readonly string[];
  /** Steps beside the jobs themselves: `12.batch`, `12.0`. */
  readonly steps?: boolean;
  /** Every run of a job that was requeued, oldest first, rather than the last alone; and all jobs that ever had that id. */
  readonly everyRun?: boolean;
  /** The command line too that submitted each. */
  readonly submitLine?: boolean;
}

/** What the accounting database keeps of a job, a task of an array, or a step. Times are ISO 8601 in UTC. */
export interface AccountedJob {
  /** `12`, `12_3`, `12_[4-9%2]`, with a step `12.batch`. */
  readonly nativeId: string;
  /** The number that slurmctld keeps it under, with a step `13.batch`. */
  readonly rawId: string;
  readonly state: SlurmJobState;
  /** User id of whoever cancelled it. */
  readonly cancelledBy?: number;
  readonly exit: ExitStatus;
  /** The worst exit of the steps; absent for a step. */
  readonly derivedExit?: ExitStatus;
  /** Absent for a step, as are account, QOS, partition and time limit. */
  readonly user?: string;
  readonly account?: string;
  readonly qos?: string;
  readonly partition?: string;
  readonly submitTime?: string;
  readonly eligibleTime?: string;
  /** Absent for a job that waits; one that was cancelled while it waited shows its end. */
  readonly startTime?: string;
  readonly endTime?: string;
  readonly elapsedSeconds: number;
  readonly timeLimit?: Duration;
  readonly cpus: number;
  readonly nodeCount: number;
  /** A hostlist. */
  readonly nodes?: string;
  readonly requestedTres?: string;
  readonly allocatedTres?: string;
  /** The last reason for waiting. */
  readonly reason?: string;
  /** Accounting turns `"` into a backtick, and may lose characters that its database's character set lacks. */
  readonly name: string;
  readonly workDirectory?: string;
  /** Kept with `AccountingStoreFlags=job_comment` alone. */
  readonly comment?: string;
  /** As `name`, and absent for a step and where it was not asked for. */
  readonly submitLine?: string;
}

/** Columns of `--format`, all known from 22.05 to 26.05. */
const columns = [
  "JobID",
  "JobIDRaw",
  "State",
  "ExitCode",
  "DerivedExitCode",
  "User",
  "Account",
  "QOS",
  "Partition",
  "Submit",
  "Eligible",
  "Start",
  "End",
  "ElapsedRaw",
  "Timelimit",
  "AllocCPUS",
  "NNodes",
  "NodeList",
  "ReqTRES",
  "AllocTRES",
  "Reason",
  "JobName",
  "WorkDir",
  "Comment",
] as const;
/** Known from 21.08 on. */
const lastColumn = "SubmitLine";
type Column = (typeof columns)[number] | typeof lastColumn;

/**
 * Asks the accounting database: sacct(1). An empty answer means that the database does not know the jobs yet: slurmctld
 * hands records over with some delay. Throws `CAPABILITY_MISSING` where the cluster keeps no accounting,
 * `CLUSTER_UNREACHABLE` where slurmdbd does not answer.
 */
export function sacct(request: SacctRequest): Command<readonly AccountedJob[]> {
  const { boundary, jobs, steps, everyRun, submitLine } = request;
  const { field } = separators(boundary);
  const shown: readonly Column[] = submitLine === true ? [...columns, lastColumn] : columns;
  return {
    argv: [
      "sacct",
      "--noheader",
      "--parsable",
      `--delimiter=${field}`,
      // Without ids sacct lists today's jobs; with them, those of all time.
      `--jobs=${jobIdList("sacct", jobs)}`,
      ...(steps === true ? [] : ["--allocations"]),
      ...(everyRun === true ? ["--duplicates"] : []),
      `--format=${shown.join(",")}`,
    ],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("sacct", output);
      return readingReply("sacct", () => readRecords(output.stdout, field, shown).map(toAccountedJob));
    },
  };
}

/** `--parsable` ends each value with the delimiter and each record with a line end; names may hold line ends too. */
function readRecords(text: string, delimiter: string, shown: readonly Column[]): readonly Row<Column>[] {
  if (text === "") return [];
  const values = text.split(delimiter);
  if (values.pop() !== "\n") throw unreadable("sacct", "the last record does not end", text.slice(-60));
  const records: Row<Column>[] = [];
  for (let start = 0; start < values.length; start += shown.length) {
    const record = values.slice(start, start + shown.length);
    if (start > 0) record[0] = record[0]?.replace(/^\n/, "") ?? "";
    records.push(toRow("sacct", record, shown));
  }
  return records;
}

function toAccountedJob(row: Row<Column>): AccountedJob {
  return present({
    nativeId: row("JobID"),
    rawId: row("JobIDRaw"),
    ...parseSlurmJobState(row("State")),
    exit: parseExitCode(row("ExitCode")),
    derivedExit: row("DerivedExitCode") === "" ? undefined : parseExitCode(row("DerivedExitCode")),
    user: optionalWord(row("User")),
    account: optionalWord(row("Account")),
    qos: optionalWord(row("QOS")),
    partition: optionalWord(row("Partition")),
    submitTime: optionalTime("sacct", row("Submit")),
    eligibleTime: optionalTime("sacct", row("Eligible")),
    startTime: optionalTime("sacct", row("Start")),
    endTime: optionalTime("sacct", row("End")),
    elapsedSeconds: wholeNumber("sacct", row("ElapsedRaw")),
    timeLimit: parseElapsed(row("Timelimit")),
    cpus: wholeNumber("sacct", row("AllocCPUS")),
    nodeCount: wholeNumber("sacct", row("NNodes")),
    nodes: row("NodeList") === "None assigned" ? undefined : optionalWord(row("NodeList")),
    requestedTres: optionalWord(row("ReqTRES")),
    allocatedTres: optionalWord(row("AllocTRES")),
    reason: optionalWord(row("Reason")),
    name: row("JobName"),
    workDirectory: optionalText(row("WorkDir")),
    comment: optionalText(row("Comment")),
    submitLine: optionalText(row("SubmitLine")),
  });
}
