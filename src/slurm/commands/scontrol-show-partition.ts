import { SluiceError } from "../../errors.ts";
import type { Command } from "../../schema/command.ts";
import { parseElapsed, type Duration } from "../values/duration.ts";
import { quoteValue } from "../values/format-invalid.ts";
import { readerEnvironment } from "./environment.ts";
import { expectSuccess, slurmFailure } from "./failure.ts";
import { optionalWord, present, readingReply, unreadable, wholeNumber } from "./reply.ts";
import { readScontrolRecords, type RecordLayout, type ScontrolRecord } from "./scontrol-records.ts";

export interface ShownPartition {
  readonly name: string;
  readonly isDefault: boolean;
  readonly isHidden: boolean;
  /** `UP`, `DOWN`, `DRAIN` or `INACTIVE`. */
  readonly state: string;
  /** A hostlist; absent for a partition without nodes. */
  readonly nodes?: string;
  readonly totalNodes: number;
  readonly totalCpus: number;
  readonly maxTime?: Duration;
  /** Absent: jobs that name no time get `maxTime`. */
  readonly defaultTime?: Duration;
  readonly minNodes: number;
  readonly maxNodes: number | "unlimited";
  readonly qos?: string;
  readonly tres?: string;
  /** Everything that was shown, under Slurm's own keys. */
  readonly fields: ScontrolRecord;
}

/** The lines of partition records from 22.05 to 26.05; no value in them is free text. */
const partitionLayout: RecordLayout = {
  lines: [
    ["PartitionName"],
    ["AllowGroups", "AllowAccounts", "DenyAccounts", "AllowQos", "DenyQos"],
    ["AllocNodes", "Default", "QoS"],
    ["Alternate"],
    ["DefaultTime", "DisableRootJobs", "ExclusiveUser", "ExclusiveTopo", "GraceTime", "Hidden"],
    ["MaxNodes", "MaxTime", "MinNodes", "LLN", "MaxCPUsPerNode", "MaxCPUsPerSocket"],
    ["NodeSets"],
    ["Nodes"],
    ["PriorityJobFactor", "PriorityTier", "RootOnly", "ReqResv", "OverSubscribe"],
    ["OverTimeLimit", "PreemptMode"],
    ["State", "TotalCPUs", "TotalNodes", "SelectTypeParameters"],
    ["ResumeTimeout", "SuspendTimeout", "SuspendTime", "PowerDownOnIdle"],
    ["JobDefaults"],
    ["DefMemPerCPU", "DefMemPerNode", "MaxMemPerCPU", "MaxMemPerNode"],
    ["TRES"],
    ["TRESBillingWeights"],
    ["Topology"],
  ],
  texts: new Set(),
};

/**
 * Shows partitions: `scontrol show partition`, all or the one named. Throws `INPUT_INVALID` where the cluster lacks it,
 * `CLUSTER_UNREACHABLE`.
 */
export function showPartition(name?: string): Command<readonly ShownPartition[]> {
  return {
    argv: ["scontrol", "show", "partition", ...(name === undefined ? [] : [name])],
    env: readerEnvironment,
    parse(output) {
      if (name !== undefined && /^Partition .* not found$/m.test(output.stdout)) {
        throw new SluiceError("INPUT_INVALID", `partition ${quoteValue(name)}: the cluster has no such partition`, {
          details: { field: "partition" },
        });
      }
      expectSuccess("scontrol", output);
      const records = readScontrolRecords(output.stdout, partitionLayout);
      if (records.length === 0 && !output.stdout.startsWith("No partitions")) {
        throw slurmFailure("scontrol show partition", output, "REPLY_UNREADABLE");
      }
      return readingReply("scontrol show partition", () => records.map(toShownPartition));
    },
  };
}

function toShownPartition(fields: ScontrolRecord): ShownPartition {
  const get = (key: string): string => {
    const value = fields.get(key);
    if (value === undefined)
      throw unreadable("scontrol show partition", `it lacks ${key}`, fields.get("PartitionName") ?? "");
    return value;
  };
  const maxNodes = get("MaxNodes");
  return present({
    name: get("PartitionName"),
    isDefault: get("Default") === "YES",
    isHidden: get("Hidden") === "YES",
    state: get("State"),
    nodes: optionalWord(fields.get("Nodes")),
    totalNodes: wholeNumber("scontrol show partition", get("TotalNodes")),
    totalCpus: wholeNumber("scontrol show partition", get("TotalCPUs")),
    maxTime: parseElapsed(get("MaxTime")),
    defaultTime: parseElapsed(get("DefaultTime")),
    minNodes: wholeNumber("scontrol show partition", get("MinNodes")),
    maxNodes: maxNodes === "UNLIMITED" ? "unlimited" : wholeNumber("scontrol show partition", maxNodes),
    qos: optionalWord(fields.get("QoS")),
    tres: optionalWord(fields.get("TRES")),
    fields,
  });
}
