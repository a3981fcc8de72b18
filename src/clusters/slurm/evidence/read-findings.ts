import type { Finding } from "../../../jobs/cluster.ts";
import type { ClusterInventory, ClusterNode, ClusterPartition } from "../../../schema/cluster-inventory.ts";
import type { ShownJob } from "../../../slurm/commands/scontrol-show-job.ts";
import type { ShownLicence } from "../../../slurm/commands/scontrol-show-licenses.ts";
import type { ShownReservation } from "../../../slurm/commands/scontrol-show-reservations.ts";
import { formatDuration } from "../../../slurm/values/duration.ts";
import { expandHostlist } from "../../../slurm/values/hostlist.ts";

/** More nodes than this are counted rather than named. */
const namedNodes = 8;
/** Far above what a hostlist of one cluster stands for. */
const hostLimit = 100_000;

function namesIn(hostlist: string | undefined): readonly string[] {
  return hostlist === undefined ? [] : expandHostlist(hostlist, { limit: hostLimit });
}

function partitionsOf({ partition }: ShownJob): readonly string[] {
  return partition.split(",");
}

/** The nodes that the job may run on: those it names, else those of its partitions. */
function nodesFor(job: ShownJob, inventory: ClusterInventory): readonly ClusterNode[] {
  const named = job.fields.get("ReqNodeList");
  const names = named === undefined || named === "(null)" ? undefined : new Set(namesIn(named));
  const partitions = partitionsOf(job);
  return inventory.nodes.filter((node) =>
    names === undefined ? node.partitions.some((name) => partitions.includes(name)) : names.has(node.name),
  );
}

/** Nodes on which nothing may start, and why: those that the reason names, else of those that the job may run on. */
export function closedNodes(
  reason: string,
  job: ShownJob,
  inventory: ClusterInventory | undefined,
): readonly Finding[] {
  if (inventory === undefined) return [];
  const named = new Set(namesIn(/UnavailableNodes:(\S+)/.exec(reason)?.[1]));
  const closed = nodesFor(job, inventory).filter((node) => !node.acceptsJobs || named.has(node.name));
  const findings = closed.slice(0, namedNodes).map(({ name, state, flags, reason: why }) => {
    const who = why?.user === undefined ? "" : `, says ${why.user}`;
    return {
      what: `node ${name} takes no jobs${why === undefined ? "" : `: ${why.text}${who}`}`,
      evidence: [state, ...flags].join("+"),
    };
  });
  const rest = closed.length - findings.length;
  return rest === 0
    ? findings
    : [...findings, { what: `${rest} more nodes take no jobs`, evidence: "down or drained" }];
}

/** How much of what it may run on is free. */
export function freeOf(job: ShownJob, inventory: ClusterInventory | undefined): readonly Finding[] {
  if (inventory === undefined) return [];
  const open = nodesFor(job, inventory).filter(({ acceptsJobs }) => acceptsJobs);
  const idle = open.filter(({ cpus }) => cpus.allocated === 0).length;
  const cpus = open.reduce((sum, node) => sum + node.cpus.total - node.cpus.allocated, 0);
  const asks = `it asks for ${job.nodeCount} node${job.nodeCount === 1 ? "" : "s"} and ${job.cpus} CPU${job.cpus === 1 ? "" : "s"}`;
  return [
    {
      what: `${asks}; of the ${open.length} nodes that take jobs where it may run ${idle} are idle, and ${cpus} CPUs are free`,
      evidence: job.requestedTres ?? `partition ${job.partition}`,
    },
  ];
}

/** `matlab:2,ansys@server:1`: those that it asks for. */
export function licencesOf(job: ShownJob, licences: readonly ShownLicence[]): readonly Finding[] {
  const asked = (job.fields.get("Licenses") ?? "").split(/[,;|]/).map((word) => {
    const [name = "", count = "1"] = word.split(":");
    return { name, count };
  });
  return asked.flatMap(({ name, count }) => {
    const licence = licences.find((one) => one.name === name);
    if (licence === undefined) return [];
    const { total, used, free, reserved } = licence;
    return [
      {
        what: `it asks for ${count} of licence ${name}, of which ${used} of ${total} are in use`,
        evidence: `${name} Total=${total} Used=${used} Free=${free} Reserved=${reserved}`,
      },
    ];
  });
}

/** What its partitions do not allow. */
export function partitionFindings(
  code: string,
  job: ShownJob,
  inventory: ClusterInventory | undefined,
): readonly Finding[] {
  const names = partitionsOf(job);
  const partitions = (inventory?.partitions ?? []).filter(({ name }) => names.includes(name));
  return partitions.flatMap((partition) => partitionFinding(code, job, partition) ?? []);
}

function partitionFinding(code: string, job: ShownJob, partition: ClusterPartition): Finding | undefined {
  const { name, state, maxTimeSeconds, minNodes, maxNodes } = partition;
  if (code === "PartitionTimeLimit" && maxTimeSeconds !== undefined && job.timeLimit !== undefined) {
    const longest = formatDuration(maxTimeSeconds);
    return {
      what: `it asks for ${formatDuration(job.timeLimit)}; partition ${name} allows ${longest} at most`,
      evidence: `MaxTime=${longest}`,
    };
  }
  if (
    /^Partition(?:NodeLimit|Config)$/.test(code) &&
    (job.nodeCount < minNodes || job.nodeCount > (maxNodes ?? Infinity))
  ) {
    const allows = job.nodeCount < minNodes ? `asks for ${minNodes} at least` : `allows ${maxNodes} at most`;
    return {
      what: `it asks for ${job.nodeCount} node${job.nodeCount === 1 ? "" : "s"}; partition ${name} ${allows}`,
      evidence: `MinNodes=${minNodes} MaxNodes=${maxNodes ?? "UNLIMITED"}`,
    };
  }
  if (state !== "up") return { what: `partition ${name} starts no jobs`, evidence: `State=${state.toUpperCase()}` };
  return undefined;
}

/** The reservation that it was given, or those that keep nodes from it. */
export function reservationFindings(
  job: ShownJob,
  reservations: readonly ShownReservation[],
  inventory?: ClusterInventory,
): readonly Finding[] {
  const own = job.fields.get("Reservation");
  const wanted = new Set(inventory === undefined ? [] : nodesFor(job, inventory).map(({ name }) => name));
  return reservations
    .filter(({ name, nodes }) => name === own || namesIn(nodes).some((node) => wanted.has(node)))
    .map(({ name, startTime, endTime, nodes, flags, state }) => {
      const keeps = flags.includes("MAINT") ? "keeps nodes for maintenance" : "keeps nodes";
      const span = `${startTime === undefined ? "" : ` from ${startTime}`}${endTime === undefined ? "" : ` to ${endTime}`}`;
      const which = nodes === undefined ? "" : ` (${nodes})`;
      return {
        what: `reservation ${name} ${name === own ? "lasts" : keeps}${span}${which}`,
        evidence: [state, ...flags].filter((word) => word !== undefined).join(","),
      };
    });
}
