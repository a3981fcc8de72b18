import type { ClusterFile, DriverKind } from "../schema/cluster-file.ts";
import type { ClusterPlan, PlannedFile } from "../schema/cluster-plan.ts";
import type { ClusterRecord, DaemonRecord } from "../schema/cluster-record.ts";
import type { ClusterSpec } from "../schema/cluster-spec.ts";
import type { Command } from "../schema/command.ts";

/** Services that a spec may ask for. */
export type ServiceName = "registry" | "pyxis" | "accounting" | "rest";

/** What a person asked for by name, as against what a preset brings along. */
export interface Wishes {
  readonly services: ReadonlySet<ServiceName>;
  /** The ssh port of `--port`; absent: 2222, or a free one where that is taken. */
  readonly sshPort?: number;
  /** Leaves 2222 and 5000 to clusters of people: one that is stopped in between would lose them to the next. */
  readonly leavesKnownPorts?: boolean;
}

/** A spec that has found its place: ready to be written, and not yet written. */
export interface Design {
  readonly file: ClusterFile;
  readonly plan: ClusterPlan;
  readonly files: readonly PlannedFile[];
  /** Absolute path of the folder for sockets. */
  readonly run: string;
  /** Every port that the cluster will hold. */
  readonly ports: readonly number[];
  /** What was left out or chosen otherwise, in sentences for the user. */
  readonly notes: readonly string[];
}

export interface DesignRequest {
  readonly spec: ClusterSpec;
  readonly wishes: Wishes;
  /** Absolute path of the cluster's folder. */
  readonly directory: string;
  /** ISO 8601 */
  readonly created: string;
  /** Ports of the other clusters, running or not, with the cluster's name. */
  readonly taken: ReadonlyMap<number, string>;
}

/** A cluster on disk, as its own file and the registry know it. */
export interface StoredCluster {
  readonly file: ClusterFile;
  readonly record: ClusterRecord;
}

/** What an operation may tell and must obey. */
export interface Operation {
  readonly signal: AbortSignal;
  /** Milliseconds after which the operation gives up. */
  readonly timeoutMs: number;
  /** False: daemons are started, and nobody waits for the nodes. */
  readonly wait: boolean;
  /** False where what is stopped is thrown away, so that nobody will ask what became of its jobs. */
  readonly keepsQueue: boolean;
  /** One step, in words: "slurmctld listens on port 6817". */
  progress(step: string): void;
  /** Called for every daemon as soon as it is started, so that none can be forgotten. */
  started(daemon: DaemonRecord): void;
}

export interface LogSource {
  /** A node's name or a service's: `controller`, `compute-0`, `munged`. */
  readonly name: string;
  readonly path: string;
}

/** Where and how a person gets in. */
export interface Access {
  readonly ssh?: string;
  /** The private key that ssh needs. */
  readonly identityFile?: string;
  readonly password?: string;
  readonly registry?: string;
  readonly rest?: string;
}

export const nodeActions = ["down", "drain", "resume", "kill", "freeze", "thaw", "restart"] as const;
export type NodeAction = (typeof nodeActions)[number];

/** Those that happen to a node's processes; the others are words to slurmctld. */
export type ProcessAction = Extract<NodeAction, "kill" | "freeze" | "thaw" | "restart">;

/**
 * Makes the parts of a test cluster real. Every driver takes the same spec and gives the same status; the launcher's use
 * cases know no driver by name.
 */
export interface Driver {
  readonly kind: DriverKind;
  /** Chooses release, ports and paths. Throws `SLURM_MISSING`, `DRIVER_UNAVAILABLE`, `PORT_BUSY`. Writes nothing. */
  design(request: DesignRequest, signal: AbortSignal): Promise<Design>;
  /** The files that the cluster was made with, for those that were lost since. */
  files(cluster: StoredCluster): readonly PlannedFile[];
  /** The names of the nodes that run a slurmd, as the configuration says now. */
  nodes(cluster: StoredCluster): readonly string[];
  /** Makes keys and devices beside the files just written, and proves the configuration as far as it can be unstarted. */
  prepare(cluster: StoredCluster, signal: AbortSignal): Promise<void>;
  /** Returns when every node is registered and usable. Throws `DAEMON_FAILED`, `CONFIG_INVALID`, `DEADLINE_EXCEEDED`. */
  start(cluster: StoredCluster, operation: Operation): Promise<void>;
  /** Ends every daemon and every process of a job; queued jobs stay. Whatever still runs of the cluster is found. */
  stop(record: ClusterRecord, operation: Operation): Promise<void>;
  /** Removes what stands outside the cluster's folder. */
  erase(record: ClusterRecord): Promise<void>;
  /** The daemons that run now. */
  alive(record: ClusterRecord): readonly DaemonRecord[];
  act(cluster: StoredCluster, node: string, action: ProcessAction, operation: Operation): Promise<void>;
  /** Runs one Slurm command as a user of the cluster would. */
  run<T>(cluster: StoredCluster, command: Command<T>, signal: AbortSignal): Promise<T>;
  logs(cluster: StoredCluster): readonly LogSource[];
  access(cluster: StoredCluster): Access;
  /** argv that opens a shell, or runs a command, on a node. Throws `NODE_NOT_FOUND`, `CAPABILITY_MISSING`. */
  shell(cluster: StoredCluster, node: string | undefined, command: readonly string[], tty: boolean): readonly string[];
}
