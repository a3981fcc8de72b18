import { SluiceError } from "../../errors.ts";
import type { Command } from "../../schema/command.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess, slurmWords } from "./failure.ts";
import { parseNodeState, type NodeState } from "./node-state.ts";
import { optionalTime, optionalWord, present, readingReply, unreadable, wholeNumber } from "./reply.ts";
import { readScontrolRecords, type RecordLayout, type ScontrolRecord } from "./scontrol-records.ts";

export interface ShownNode {
  readonly name: string;
  readonly state: NodeState;
  readonly cpus: { readonly allocated: number; readonly total: number };
  readonly memoryMb: { readonly total: number; readonly allocated: number };
  readonly gres?: string;
  readonly gresUsed?: string;
  readonly features: readonly string[];
  readonly activeFeatures: readonly string[];
  readonly partitions: readonly string[];
  readonly address?: string;
  readonly hostname?: string;
  readonly port?: number;
  /** Of its slurmd; absent until that has registered, as the boot times. */
  readonly version?: string;
  readonly bootTime?: string;
  readonly slurmdStartTime?: string;
  readonly configuredTres?: string;
  readonly allocatedTres?: string;
  /** Why the node is down or drained, by whom and when. */
  readonly reason?: { readonly text: string; readonly user?: string; readonly time?: string };
  /** Everything that was shown, under Slurm's own keys. */
  readonly fields: ScontrolRecord;
}

/** The lines of node records from 22.05 to 26.05. */
const nodeLayout: RecordLayout = {
  lines: [
    ["NodeName", "Arch", "CoresPerSocket"],
    ["CPUAlloc", "CPUEfctv", "CPUTot", "CPULoad"],
    ["AvailableFeatures"],
    ["ActiveFeatures"],
    ["Gres"],
    ["GresDrain"],
    ["GresUsed"],
    ["NodeAddr", "NodeHostName", "Port", "Version"],
    ["OS"],
    ["RealMemory", "AllocMem", "FreeMem", "Sockets", "Boards"],
    ["CoreSpecCount", "CPUSpecList", "MemSpecLimit"],
    ["CPUSpecList", "MemSpecLimit"],
    ["MemSpecLimit"],
    ["State", "ThreadsPerCore", "TmpDisk", "Weight", "Owner", "MCS_label", "NextState"],
    ["Partitions"],
    ["BootTime", "SlurmdStartTime"],
    ["LastBusyTime", "ResumeAfterTime"],
    ["CfgTRES"],
    ["AllocTRES"],
    ["CapWatts"],
    ["CurrentWatts", "AveWatts"],
    ["ExtSensorsJoules", "ExtSensorsWatts", "ExtSensorsTemp"],
    ["Reason"],
    ["Comment"],
    ["Extra"],
    ["InstanceId", "InstanceType"],
    ["ReservationName"],
    ["Topology"],
  ],
  texts: new Set(["Reason", "Comment", "Extra"]),
};

/**
 * Shows nodes: `scontrol show node`, all or those of a hostlist. Throws `NODE_NOT_FOUND` where the cluster lacks one of
 * them, `CLUSTER_UNREACHABLE`.
 */
export function showNode(hostlist?: string): Command<readonly ShownNode[]> {
  return {
    argv: ["scontrol", "--details", "show", "node", ...(hostlist === undefined ? [] : [hostlist])],
    env: readerEnvironment,
    parse(output) {
      expectSuccess("scontrol", output);
      const missing = /^Node \S+ not found$/m.exec(output.stdout)?.[0];
      if (missing !== undefined) throw new SluiceError("NODE_NOT_FOUND", `scontrol show node: ${missing}`);
      const records = readScontrolRecords(output.stdout, nodeLayout);
      if (records.length === 0 && !output.stdout.startsWith("No nodes")) {
        throw unreadable("scontrol show node", "no node in it", slurmWords(output));
      }
      return readingReply("scontrol show node", () => records.map(toShownNode));
    },
  };
}

function toShownNode(fields: ScontrolRecord): ShownNode {
  const word = (key: string): string | undefined => optionalWord(fields.get(key)?.trim());
  const list = (key: string): readonly string[] => word(key)?.split(",") ?? [];
  const number = (key: string): number => wholeNumber("scontrol show node", fields.get(key));
  const time = (key: string): string | undefined => optionalTime("scontrol show node", fields.get(key));
  const reason = fields.get("Reason");
  const port = word("Port");
  return present({
    name: fields.get("NodeName") ?? "",
    state: parseNodeState(fields.get("State") ?? ""),
    cpus: { allocated: number("CPUAlloc"), total: number("CPUTot") },
    memoryMb: { total: number("RealMemory"), allocated: number("AllocMem") },
    gres: word("Gres"),
    gresUsed: word("GresUsed"),
    features: list("AvailableFeatures"),
    activeFeatures: list("ActiveFeatures"),
    partitions: list("Partitions"),
    address: word("NodeAddr"),
    hostname: word("NodeHostName"),
    port: port === undefined ? undefined : Number(port),
    version: word("Version"),
    bootTime: time("BootTime"),
    slurmdStartTime: time("SlurmdStartTime"),
    configuredTres: word("CfgTRES"),
    allocatedTres: word("AllocTRES"),
    reason: reason === undefined ? undefined : toReason(reason),
    fields,
  });
}

/** Slurm prints who and when behind the first line, and indents the others by ten blanks. */
function toReason(shown: string): NonNullable<ShownNode["reason"]> {
  const [first = "", ...others] = shown.split("\n");
  const match = /^(.*) \[(\S+)@(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d)\]$/.exec(first);
  const lines = [match?.[1] ?? first, ...others.map((line) => line.replace(/^ {10}/, ""))];
  return present({
    text: lines.join("\n"),
    user: match?.[2],
    time: match?.[3] === undefined ? undefined : `${match[3]}Z`,
  });
}
