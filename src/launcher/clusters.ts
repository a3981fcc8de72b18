import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import type { Registry } from "../registry.ts";
import type { DriverKind } from "../schema/cluster-file.ts";
import type { ClusterRecord, DaemonRecord, ProcessRecord } from "../schema/cluster-record.ts";
import { readClusterYaml } from "./cluster-yaml.ts";
import type { Driver, Operation, StoredCluster } from "./driver.ts";
import { takeLock } from "./lock.ts";
import type { Records } from "./records.ts";

/** What the launcher's use cases work with; built in `assemble.ts`. */
export interface LauncherDeps {
  readonly records: Records;
  readonly drivers: Registry<Driver>;
  /** The per-user folder that the locks belong to. */
  readonly stateDirectory: string;
  readonly now: () => Date;
  readonly processes: ProcessTable;
  /** Starts the watch that destroys an ephemeral cluster when its owner dies (`owner-watch.ts`). */
  readonly watchOwner: (record: ClusterRecord) => ProcessRecord;
  /** Starts the process that a shared cluster belongs to; it ends when nobody named in the folder lives (`shared.ts`). */
  readonly holdUsers: (folder: string) => ProcessRecord;
}

/** The processes of this host, as far as the launcher itself must know them. */
export interface ProcessTable {
  /** `undefined` where no such process runs. */
  identify(pid: number): ProcessRecord | undefined;
  isRunning(process: ProcessRecord): boolean;
  /** Ends it and all below it at once, but for this process; one that has ended is no error. */
  kill(process: ProcessRecord): void;
}

/** How a use case reports and how long it may take. */
export interface Progress {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  progress(step: string): void;
}

export const driverChoices = ["auto", "native", "compose"] as const;
export type DriverChoice = (typeof driverChoices)[number];

/** The driver for a choice. Throws `DRIVER_UNAVAILABLE` for one that this version does not have. */
export function chooseDriver(deps: LauncherDeps, choice: DriverChoice): Driver {
  const kind: DriverKind = choice === "auto" ? "native" : choice;
  if (!deps.drivers.kinds.includes(kind)) {
    throw new SluiceError(
      "DRIVER_UNAVAILABLE",
      `--driver ${kind}: the ${kind} driver is not in this version; available: ${deps.drivers.kinds.join(", ")}`,
      {
        details: { field: "--driver" },
      },
    );
  }
  return deps.drivers.get(kind);
}

/** The record of a cluster. Throws `CLUSTER_NOT_FOUND`, naming those that there are. */
export function requireRecord(deps: LauncherDeps, name: string): ClusterRecord {
  const record = deps.records.get(name);
  if (record !== undefined) return record;
  const known = deps.records.list().map((other) => other.name);
  const hint =
    known.length === 0 ? "there are none yet; make one with: sluice cluster create" : `known: ${known.join(", ")}`;
  throw new SluiceError("CLUSTER_NOT_FOUND", `no test cluster is called "${name}"; ${hint}`, {
    details: { cluster: name },
  });
}

/** A cluster with its own file. Throws `CLUSTER_NOT_FOUND` where its files are gone, `CONFIG_INVALID` where they are corrupt. */
export function openCluster(record: ClusterRecord): StoredCluster {
  const path = join(record.directory, "cluster.yaml");
  if (!existsSync(path)) {
    throw new SluiceError(
      "CLUSTER_NOT_FOUND",
      `the files of cluster "${record.name}" are gone (${path} does not exist); clear what is left of it with: sluice cluster destroy --name ${record.name}`,
      { details: { cluster: record.name, file: path } },
    );
  }
  return { record, file: readClusterYaml(readFileSync(path, "utf8"), path) };
}

/** One command works on a cluster at a time; a second is told at once who the first is. */
export function lockCluster(
  deps: LauncherDeps,
  name: string,
  purpose: string,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  return takeLock({ stateDirectory: deps.stateDirectory, what: name, purpose, waitMs: 0, signal });
}

/** A driver's operation that writes every daemon into the record as soon as it is started. */
export function operationOn(
  deps: LauncherDeps,
  record: ClusterRecord,
  how: Progress & { readonly wait?: boolean; readonly keepsQueue?: boolean },
): Operation {
  return {
    signal: how.signal,
    timeoutMs: how.timeoutMs,
    wait: how.wait ?? true,
    keepsQueue: how.keepsQueue ?? true,
    progress: (step) => how.progress(step),
    started: (daemon) => recordDaemon(deps, record.name, daemon),
  };
}

function recordDaemon(deps: LauncherDeps, name: string, daemon: DaemonRecord): void {
  const record = deps.records.get(name);
  if (record === undefined) return;
  const others = record.daemons.filter((other) => other.name !== daemon.name);
  deps.records.put({ ...record, daemons: [...others, daemon] });
}
