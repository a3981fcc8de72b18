import type { NodeList, PartitionList } from "../../client/client.ts";
import { formatDuration } from "../../slurm/values/duration.ts";
import { fittedTable } from "../table.ts";
import { plain } from "./job-text.ts";

type Counts = PartitionList["partitions"][number]["nodeCounts"];

/** One line per node: `2/8` is two taken of eight. No line longer than `columns`, if that can be had. */
export function nodesTable(lists: readonly NodeList[], columns: number): string {
  return fittedTable(
    ["CLUSTER", "NODE", "STATE", "PARTITIONS", "CPUS", "MEMORY", "GRES", "USED", "REASON"],
    lists.flatMap(({ cluster, nodes }) =>
      nodes.map((node) => [
        cluster,
        node.name,
        [node.state, ...node.flags].join("+"),
        node.partitions.join(",") || "-",
        `${node.cpus.allocated}/${node.cpus.total}`,
        `${gib(node.memoryMb.allocated)}/${gib(node.memoryMb.total)}G`,
        plain(node.gres ?? "-"),
        plain(used(node.gresUsed) || "-"),
        plain(node.reason?.text ?? "-"),
      ]),
    ),
    { columns, spare: ["CLUSTER", "PARTITIONS", "USED", "GRES"] },
  );
}

/** `gpu:fake:1(IDX:0)`, without what nobody uses. */
function used(gres = ""): string {
  return gres.replaceAll(/(?<=^|,)[^,()]+:0(?:\(IDX:N\/A\))?(?:,|$)/g, "").replace(/,$/, "");
}

/**
 * One line per partition, its counts in sinfo's order: allocated, idle, other, total. No line longer than `columns`, if that can
 * be had.
 */
export function partitionsTable(lists: readonly PartitionList[], columns: number): string {
  return fittedTable(
    ["CLUSTER", "PARTITION", "STATE", "TIME LIMIT", "NODES(A/I/O/T)", "CPUS(A/I/O/T)", "NODES"],
    lists.flatMap(({ cluster, partitions }) =>
      partitions.map((partition) => [
        cluster,
        `${partition.name}${partition.isDefault ? "*" : ""}`,
        partition.state,
        formatDuration(partition.maxTimeSeconds ?? "unlimited").toLowerCase(),
        counts(partition.nodeCounts),
        counts(partition.cpuCounts),
        partition.nodes ?? "-",
      ]),
    ),
    { columns, spare: ["CLUSTER", "STATE", "CPUS(A/I/O/T)"] },
  );
}

function counts({ allocated, idle, other }: Counts): string {
  return [allocated, idle, other, allocated + idle + other].join("/");
}

/** MiB as GiB, to one digit behind the point where that tells something. */
function gib(memoryMb: number): string {
  return String(Math.round((memoryMb / 1024) * 10) / 10);
}
