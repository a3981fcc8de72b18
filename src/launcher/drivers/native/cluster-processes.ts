import type { ClusterRecord, DaemonRecord } from "../../../schema/cluster-record.ts";
import { clusterMark, isMarkOf, readMark } from "./mark.ts";
import type { NativePaths } from "./paths.ts";
import {
  descendants,
  isRunning,
  listProcesses,
  listUnixSockets,
  openSocketInodes,
  readEnvironment,
  readProcess,
  type ProcessInfo,
} from "./processes.ts";

/** Set in every daemon's environment to the cluster's folder, so that one is found even where no record of it was written. */
export const clusterVariable = "SLUICE_CLUSTER";

/** What runs of one cluster at this moment, whoever started it and whatever was recorded. */
export interface ClusterProcesses {
  /** slurmctld, the slurmds, munged, sshd, … */
  readonly daemons: readonly ProcessInfo[];
  /** One per running step. Slurm puts them under init, and overwrites their environment. */
  readonly stepManagers: readonly ProcessInfo[];
  /** What jobs and logged-in people started, however far it has moved away (`setsid`, double fork, `env -i`). */
  readonly work: readonly ProcessInfo[];
}

/**
 * Finds a cluster's processes; with `node`, those of that node's slurmd alone. This process and its ancestors are not among
 * its daemons and work, so that a cluster can be destroyed from within one of its own jobs.
 */
export function findClusterProcesses(paths: NativePaths, record: ClusterRecord, node?: string): ClusterProcesses {
  const all = listProcesses().filter((info) => !info.isDead);
  const protectedPids = ancestry(process.pid);
  const recorded = new Set(record.daemons.filter(isRunning).map((daemon) => daemon.pid));
  const daemons: ProcessInfo[] = [];
  const stepManagers: ProcessInfo[] = [];
  const workRoots = new Set<number>();
  const socketInodes = stepSocketInodes(paths, node);
  const isMarked = (pid: number): boolean =>
    node === undefined
      ? isMarkOf(readMark(pid), paths.directory)
      : readMark(pid) === clusterMark(paths.directory, node);
  for (const info of all) {
    if (info.name === "slurmstepd") {
      if (isMarked(info.pid) || holdsAny(info.pid, socketInodes)) stepManagers.push(info);
      continue;
    }
    if (recorded.has(info.pid)) {
      if (node === undefined || isDaemon(record, node, info.pid)) daemons.push(info);
      continue;
    }
    const environment = readEnvironment(info.pid);
    if (environment.get(clusterVariable) === paths.directory) {
      if (node === undefined || isMarked(info.pid)) daemons.push(info);
    } else if (isMarked(info.pid) || isJobProcess(environment, paths, node)) workRoots.add(info.pid);
  }
  // Sessions of sshd belong to nobody's job; they go with the cluster and not with a node.
  const parents = new Set([
    ...stepManagers.map((info) => info.pid),
    ...workRoots,
    ...(node === undefined ? daemons.filter((info) => info.name === "sshd").map((info) => info.pid) : []),
  ]);
  const work = new Map(descendants(parents, all).map((info) => [info.pid, info]));
  for (const info of all) if (workRoots.has(info.pid)) work.set(info.pid, info);
  for (const info of [...daemons, ...stepManagers]) work.delete(info.pid);
  const unprotected = (infos: Iterable<ProcessInfo>): ProcessInfo[] =>
    [...infos].filter((info) => !protectedPids.has(info.pid));
  return {
    daemons: unprotected(daemons),
    // Also that of this process itself: its job goes on without, and it would wait for slurmctld for ever.
    stepManagers,
    work: unprotected(work.values()),
  };
}

/** The recorded daemons that run. */
export function aliveDaemons(record: ClusterRecord): DaemonRecord[] {
  return record.daemons.filter(isRunning);
}

function isDaemon(record: ClusterRecord, name: string, pid: number): boolean {
  return record.daemons.some((daemon) => daemon.name === name && daemon.pid === pid);
}

/**
 * A job's environment names the cluster's configuration, the job and the node. Somebody's shell may have the first by hand,
 * and one of salloc's the first two; neither is ours to end.
 */
function isJobProcess(environment: ReadonlyMap<string, string>, paths: NativePaths, node: string | undefined): boolean {
  const nodeName = environment.get("SLURMD_NODENAME");
  return (
    environment.get("SLURM_CONF") === paths.slurmConf &&
    environment.has("SLURM_JOB_ID") &&
    nodeName !== undefined &&
    (node === undefined || node === nodeName)
  );
}

/** slurmstepd listens at `SPOOL/NODE/NODE_JOB.STEP`. */
function stepSocketInodes(paths: NativePaths, node: string | undefined): ReadonlySet<string> {
  const prefix = node === undefined ? `${paths.spool}/` : `${paths.spool}/${node}/`;
  return new Set([...listUnixSockets()].filter(([path]) => path.startsWith(prefix)).map(([, inode]) => inode));
}

function holdsAny(pid: number, inodes: ReadonlySet<string>): boolean {
  if (inodes.size === 0) return false;
  return [...openSocketInodes(pid)].some((inode) => inodes.has(inode));
}

function ancestry(pid: number): ReadonlySet<number> {
  const pids = new Set<number>();
  for (let info = readProcess(pid); info !== undefined && info.pid > 1; info = readProcess(info.parent)) {
    pids.add(info.pid);
  }
  return pids;
}
