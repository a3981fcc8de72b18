import { existsSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import { computeNodes, nodesOf } from "../schema/cluster-nodes.ts";
import type { ClusterRecord } from "../schema/cluster-record.ts";
import type { ClusterSpec } from "../schema/cluster-spec.ts";
import type {
  ClusterCondition,
  ClusterStatus,
  ClusterSummary,
  NodeStatus,
  PartitionStatus,
} from "../schema/cluster-status.ts";
import { showNode, type ShownNode } from "../slurm/commands/scontrol-show-node.ts";
import { showPartition, type ShownPartition } from "../slurm/commands/scontrol-show-partition.ts";
import type { NodeState } from "../slurm/commands/node-state.ts";
import { compressHostlist } from "../slurm/values/hostlist.ts";
import { openCluster, requireRecord, type LauncherDeps } from "./clusters.ts";
import type { Driver, StoredCluster } from "./driver.ts";

/** What Slurm says of itself now. */
interface Live {
  readonly nodes: readonly ShownNode[];
  readonly partitions: readonly ShownPartition[];
}

/** One cluster, as its daemons and slurmctld are at this moment. */
export async function clusterStatus(deps: LauncherDeps, name: string, signal: AbortSignal): Promise<ClusterStatus> {
  const record = requireRecord(deps, name);
  const driver = deps.drivers.get(record.driver);
  const cluster = openCluster(record);
  const alive = new Set(driver.alive(record).map((daemon) => daemon.name));
  const live = alive.has("slurmctld") ? await askSlurm(driver, cluster, signal) : undefined;
  const daemonCondition = conditionOf(driver, record);
  const condition = daemonCondition === "running" && live === undefined ? "degraded" : daemonCondition;
  const spec = cluster.file.cluster;
  const { registry, identityFile, ...access } = driver.access(cluster);
  return {
    name,
    status: condition,
    driver: record.driver,
    directory: record.directory,
    created: record.created,
    ...uptime(deps, record, condition),
    ...(record.owner === undefined ? {} : { owner: record.owner.pid }),
    slurm: cluster.file.slurm,
    slurm_conf: join(record.directory, "config", "slurm.conf"),
    nodes: [...controllers(spec, alive.has("slurmctld")), ...nodeStatuses(spec, live, condition)],
    partitions: partitions(spec, live, condition),
    connection: {
      hostname: "localhost",
      ...(cluster.file.ports.ssh === undefined ? {} : { port: cluster.file.ports.ssh }),
      ...access,
      ...(identityFile === undefined ? {} : { identity_file: identityFile }),
    },
    ...(registry === undefined ? {} : { registry }),
    daemons: record.daemons.map(({ name: daemon, pid }) => ({ name: daemon, pid, running: alive.has(daemon) })),
  };
}

/** Every cluster of this user, without asking Slurm. */
export function listClusters(deps: LauncherDeps): ClusterSummary[] {
  return deps.records.list().map((record) => summary(deps, record));
}

function summary(deps: LauncherDeps, record: ClusterRecord): ClusterSummary {
  const driver = deps.drivers.get(record.driver);
  const base = {
    name: record.name,
    driver: record.driver,
    directory: record.directory,
    created: record.created,
    ...(record.owner === undefined ? {} : { owner: record.owner.pid }),
  };
  try {
    const { file } = openCluster(record);
    const status = conditionOf(driver, record);
    return {
      ...base,
      status,
      ...uptime(deps, record, status),
      nodes: computeNodes(file.cluster).length,
      ...(file.ports.ssh === undefined ? {} : { ssh_port: file.ports.ssh }),
    };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { ...base, status: "broken", nodes: 0 };
  }
}

function conditionOf(driver: Driver, record: ClusterRecord): ClusterCondition {
  if (!existsSync(join(record.directory, "cluster.yaml"))) return "broken";
  const alive = driver.alive(record).length;
  if (alive === 0) return "stopped";
  return record.started !== undefined && alive === record.daemons.length ? "running" : "degraded";
}

function uptime(deps: LauncherDeps, record: ClusterRecord, status: ClusterCondition): { uptime?: number } {
  if (record.started === undefined || status === "stopped" || status === "broken") return {};
  return { uptime: Math.max(0, Math.round((deps.now().getTime() - Date.parse(record.started)) / 1000)) };
}

/** `undefined` where slurmctld does not answer: then nothing is known of its nodes, and nothing is made up. */
async function askSlurm(driver: Driver, cluster: StoredCluster, signal: AbortSignal): Promise<Live | undefined> {
  try {
    const [nodes, shown] = await Promise.all([
      driver.run(cluster, showNode(), signal),
      driver.run(cluster, showPartition(), signal),
    ]);
    return { nodes, partitions: shown };
  } catch (error) {
    if (error instanceof SluiceError && silence.has(error.code)) return undefined;
    throw error;
  }
}

const silence: ReadonlySet<SluiceError["code"]> = new Set(["CLUSTER_UNREACHABLE", "DEADLINE_EXCEEDED"]);

function controllers(spec: ClusterSpec, up: boolean): NodeStatus[] {
  return spec.nodes
    .filter((node) => node.role === "controller")
    .map(({ name, cpus, memory }) => ({ name, state: up ? "up" : "down", cpus, gpus: 0, memory, partitions: [] }));
}

/** Live from Slurm where it answers; the user may have added nodes to slurm.conf that no spec knows. */
function nodeStatuses(spec: ClusterSpec, live: Live | undefined, condition: ClusterCondition): NodeStatus[] {
  if (live !== undefined) {
    return live.nodes.map((node) => ({
      name: node.name,
      state: stateWord(node.state),
      ...(node.reason === undefined ? {} : { reason: node.reason.text }),
      cpus: node.cpus.total,
      gpus: countGpus(node.gres),
      memory: node.memoryMb.total,
      partitions: [...node.partitions],
    }));
  }
  const state = condition === "stopped" ? "down" : "unknown";
  return computeNodes(spec).map((node) => ({
    name: node.name,
    state,
    cpus: node.cpus,
    gpus: node.gpus ?? 0,
    memory: node.memory,
    partitions: spec.partitions.map(({ name }) => name).filter((name) => nodesOf(spec, name).includes(node.name)),
  }));
}

function partitions(spec: ClusterSpec, live: Live | undefined, condition: ClusterCondition): PartitionStatus[] {
  if (live !== undefined) {
    return live.partitions.map((partition) => ({
      name: partition.name,
      nodes: partition.nodes ?? "",
      state: partition.state.toLowerCase(),
      default: partition.isDefault,
    }));
  }
  return spec.partitions.map((partition) => ({
    name: partition.name,
    nodes: compressHostlist(nodesOf(spec, partition.name)),
    state: condition === "stopped" ? "down" : "unknown",
    default: partition.default === true,
  }));
}

/** sinfo's long word for a node (sinfo(1), NODE STATE CODES). */
function stateWord({ base, flags }: NodeState): string {
  const silent = flags.includes("not_responding") ? "*" : "";
  if (flags.includes("invalid_reg")) return `inval${silent}`;
  if (flags.includes("drain") && base !== "down") return `${base === "idle" ? "drained" : "draining"}${silent}`;
  return `${base}${silent}`;
}

/** `gpu:fake:4(S:0)` and several of them after commas. */
function countGpus(gres: string | undefined): number {
  return [...(gres ?? "").matchAll(/(?:^|,)gpu(?::[^:,(]+)?:(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
}
