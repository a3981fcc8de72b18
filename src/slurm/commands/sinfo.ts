import type { Command } from "../../schema/command.ts";
import { parseElapsed, type Duration } from "../values/duration.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess } from "./failure.ts";
import { parseNodeState, type NodeState } from "./node-state.ts";
import { optionalTime, optionalWord, present, readingReply, unreadable, wholeNumber } from "./reply.ts";
import { longFormat, readRows, separators, type Row } from "./separated-text.ts";

export interface SinfoRequest {
  /** Drawn at random for every run (see `separated-text.ts`). */
  readonly boundary: string;
  /** Partitions too that are hidden or that the caller may not use. */
  readonly all?: boolean;
}

/** One node in one partition: a node of two partitions has two rows, one of no partition has none. */
export interface NodeRow {
  readonly node: string;
  readonly partition: string;
  /** Whether this is the partition of jobs that name none. */
  readonly isDefaultPartition: boolean;
  /** Whether the partition takes and starts jobs: `up`, `drain`, `down` or `inact`. */
  readonly partitionState: string;
  readonly timeLimit?: Duration;
  readonly state: NodeState;
  readonly cpus: {
    readonly allocated: number;
    readonly idle: number;
    readonly other: number;
    readonly total: number;
  };
  readonly memoryMb: number;
  readonly allocatedMemoryMb: number;
  /** `gpu:fake:4`; with the sockets where they are known, `gpu:fake:4(S:0)`. */
  readonly gres?: string;
  /** `gpu:fake:2(IDX:0-1)`. */
  readonly gresUsed?: string;
  readonly features: readonly string[];
  /** Why the node is down or drained, who said so (`name(uid)`), and when. */
  readonly reason?: string;
  readonly reasonUser?: string;
  readonly reasonTime?: string;
}

/** Columns of `--Format`, all known from 22.05 on. */
const columns = [
  "NodeList",
  "PartitionName",
  "Partition",
  "Available",
  "Time",
  "StateComplete",
  "CPUsState",
  "Memory",
  "AllocMem",
  "Gres",
  "GresUsed",
  "Features",
  "UserLong",
  "TimeStamp",
  "Reason",
] as const;

/** Lists nodes by partition: sinfo(1), `--Node`. Throws `CLUSTER_UNREACHABLE`, `REPLY_UNREADABLE`. */
export function sinfo({ boundary, all }: SinfoRequest): Command<readonly NodeRow[]> {
  const between = separators(boundary);
  return {
    argv: [
      "sinfo",
      "--noheader",
      "--noconvert",
      "--Node",
      ...(all === true ? ["--all"] : []),
      `--Format=${longFormat(columns, between)}`,
    ],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("sinfo", output);
      return readingReply("sinfo", () =>
        readRows({ program: "sinfo", columns, read: toNodeRow }, output.stdout, between),
      );
    },
  };
}

function toNodeRow(row: Row<(typeof columns)[number]>): NodeRow {
  const features = optionalWord(row("Features"));
  const reason = row("Reason") === "none" ? undefined : optionalWord(row("Reason"));
  return present({
    node: row("NodeList"),
    partition: row("PartitionName"),
    isDefaultPartition: row("Partition") === `${row("PartitionName")}*`,
    partitionState: row("Available"),
    timeLimit: parseElapsed(row("Time")),
    state: parseNodeState(row("StateComplete")),
    cpus: toCpus(row("CPUsState")),
    memoryMb: wholeNumber("sinfo", row("Memory")),
    allocatedMemoryMb: wholeNumber("sinfo", row("AllocMem")),
    gres: optionalWord(row("Gres")),
    gresUsed: optionalWord(row("GresUsed")),
    features: features === undefined ? [] : features.split(","),
    reason,
    reasonUser: reason === undefined ? undefined : optionalWord(row("UserLong")),
    reasonTime: reason === undefined ? undefined : optionalTime("sinfo", row("TimeStamp")),
  });
}

/** `CPUsState`: allocated/idle/other/total. */
function toCpus(text: string): NodeRow["cpus"] {
  const match = /^(\d+)\/(\d+)\/(\d+)\/(\d+)$/.exec(text);
  if (match === null) throw unreadable("sinfo", "expected CPUs as allocated/idle/other/total", text);
  const [allocated = 0, idle = 0, other = 0, total = 0] = match.slice(1).map(Number);
  return { allocated, idle, other, total };
}
