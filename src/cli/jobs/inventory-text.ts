import type { NodeList, PartitionList } from "../../client/client.ts";
import { formatDuration } from "../../slurm/values/duration.ts";
import { table } from "../table.ts";
import { plain } from "./job-text.ts";

type Counts = PartitionList["partitions"][number]["nodeCounts"];

/** One line per node: `2/8` is two taken of eight. */
export function nodesTable(lists: readonly NodeList[]): string {
  return table(
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
        plain(node.gresUsed ?? "-"),
        plain(node.reason?.text ?? "-"),
      ]),
    ),
  );
}

/** One line per partition, its counts in sinfo's order: allocated, idle, other, total. */
export function partitionsTable(lists: readonly PartitionList[]): string {
  return table(
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
  );
}

function counts({ allocated, idle, other }: Counts): string {
  return [allocated, idle, other, allocated + idle + other].join("/");
}

/** MiB as GiB, to one digit behind the point where that tells something. */
function gib(memoryMb: number): string {
  return String(Math.round((memoryMb / 1024) * 10) / 10);
}
