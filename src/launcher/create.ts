import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SluiceError } from "../errors.ts";
import type { ClusterRecord } from "../schema/cluster-record.ts";
import type { ClusterSpec } from "../schema/cluster-spec.ts";
import {
  chooseDriver,
  lockCluster,
  operationOn,
  type DriverChoice,
  type LauncherDeps,
  type Progress,
} from "./clusters.ts";
import type { Design, Driver, StoredCluster, Wishes } from "./driver.ts";
import { writeClusterYaml } from "./cluster-yaml.ts";
import { eraseCluster } from "./destroy.ts";
import { takeLock } from "./lock.ts";
import { makeFolders, removeIfEmpty, unwritable, writeFiles } from "./folders.ts";
import { startStored } from "./start.ts";

export interface CreateRequest extends Progress {
  readonly spec: ClusterSpec;
  readonly wishes: Wishes;
  readonly driver: DriverChoice;
  /** Absolute path; the cluster's folder is made in it. */
  readonly outputDirectory: string;
  readonly start: boolean;
  /** With `start`: return when every node is ready. */
  readonly wait: boolean;
  /** Undo everything where something fails. */
  readonly rollback: boolean;
  /** Whose death ends the cluster. */
  readonly owner?: ClusterRecord["owner"];
}

export interface Created extends StoredCluster {
  readonly design: Design;
}

/** What `create` would write, and nothing is written. */
export async function designCluster(deps: LauncherDeps, request: CreateRequest): Promise<Design> {
  checkFree(deps, request);
  return await design(deps, chooseDriver(deps, request.driver), request);
}

/**
 * Makes a cluster: whole, or, where anything fails or the signal aborts, not at all.
 *
 * Throws `CLUSTER_EXISTS`, `CLUSTER_BUSY`, `FILE_UNWRITABLE`, and what the driver's `design` and `start` throw.
 */
export async function createCluster(deps: LauncherDeps, request: CreateRequest): Promise<Created> {
  const driver = chooseDriver(deps, request.driver);
  await using _lock = await lockCluster(deps, request.spec.name, "cluster create", request.signal);
  checkFree(deps, request);
  for (let left = portAttempts; ; left -= 1) {
    try {
      return await makeWhole(deps, driver, request);
    } catch (error) {
      const lostRace =
        error instanceof SluiceError &&
        error.code === "PORT_BUSY" &&
        error.details["port"] !== undefined &&
        error.details["port"] !== request.wishes.sshPort;
      if (!lostRace || left <= 1 || !request.rollback) throw error;
      request.progress(`choosing other ports: ${error.message}`);
    }
  }
}

/**
 * Somebody outside this user's registry may take a port between its choice and its use; where it was not the one that was
 * asked for, others are chosen, so often.
 */
const portAttempts = 3;

async function makeWhole(deps: LauncherDeps, driver: Driver, request: CreateRequest): Promise<Created> {
  const { name } = request.spec;
  const { record, chosen } = await reserve(deps, driver, request);
  try {
    await makeFolder(record.directory);
  } catch (error) {
    // The folder may be somebody else's: only the reservation is ours to undo.
    deps.records.remove(name);
    removeIfEmpty(request.outputDirectory);
    throw error;
  }
  try {
    const watched = watch(deps, record);
    await writeFiles(record.directory, chosen.files);
    const stored: StoredCluster = { record: watched, file: chosen.file };
    request.progress(`wrote ${record.directory}`);
    await driver.prepare(stored, request.signal);
    if (request.start) await startStored(deps, driver, stored, operationOn(deps, watched, request));
    return { ...stored, record: deps.records.get(name) ?? watched, design: chosen };
  } catch (error) {
    await undo(deps, driver, record, request);
    throw error;
  }
}

/** Ports are chosen and registered in one step, so that two clusters made at once never choose the same. */
async function reserve(
  deps: LauncherDeps,
  driver: Driver,
  request: CreateRequest,
): Promise<{ readonly record: ClusterRecord; readonly chosen: Design }> {
  await using _ports = await takeLock({
    stateDirectory: deps.stateDirectory,
    what: "(ports)",
    purpose: "choosing ports",
    waitMs: 30_000,
    signal: request.signal,
  });
  const chosen = await design(deps, driver, request);
  const record: ClusterRecord = {
    version: 1,
    name: request.spec.name,
    directory: folderOf(request),
    run: chosen.run,
    driver: driver.kind,
    created: chosen.file.created,
    ports: [...chosen.ports],
    daemons: [],
    ...(request.owner === undefined ? {} : { owner: request.owner }),
  };
  await checkFolder(record.directory);
  deps.records.put(record);
  return { record, chosen };
}

/** An ephemeral cluster is watched before anything of it runs: its owner and this process may be killed together. */
function watch(deps: LauncherDeps, record: ClusterRecord): ClusterRecord {
  if (record.owner === undefined) return record;
  const watched = { ...record, watch: deps.watchOwner(record) };
  deps.records.put(watched);
  return watched;
}

/** What the driver makes of the spec, and cluster.yaml with it, which looks the same whatever the driver. */
async function design(deps: LauncherDeps, driver: Driver, request: CreateRequest): Promise<Design> {
  const taken = new Map(
    deps.records.list().flatMap((record) => record.ports.map((port) => [port, record.name] as const)),
  );
  const chosen = await driver.design(
    {
      spec: request.spec,
      wishes: request.wishes,
      directory: folderOf(request),
      created: deps.now().toISOString(),
      taken,
    },
    request.signal,
  );
  return { ...chosen, files: [{ path: "cluster.yaml", text: writeClusterYaml(chosen.file) }, ...chosen.files] };
}

function folderOf(request: CreateRequest): string {
  return join(request.outputDirectory, request.spec.name);
}

function checkFree(deps: LauncherDeps, request: CreateRequest): void {
  const existing = deps.records.get(request.spec.name);
  if (existing === undefined) return;
  throw new SluiceError(
    "CLUSTER_EXISTS",
    `there is a cluster "${existing.name}" already, in ${existing.directory}; choose another --name, or: sluice cluster destroy --name ${existing.name}`,
    { details: { cluster: existing.name, directory: existing.directory } },
  );
}

/** A folder that holds something is somebody's work. */
async function checkFolder(directory: string): Promise<void> {
  const entries = await readdir(directory).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw unwritable(directory, error);
  });
  if (entries === undefined) return;
  throw new SluiceError(
    "CLUSTER_EXISTS",
    `${directory} exists already; remove it, or choose another --name or --output-dir`,
    {
      details: { directory },
    },
  );
}

async function makeFolder(directory: string): Promise<void> {
  try {
    await makeFolders(dirname(directory));
    await mkdir(directory, { mode: 0o755 });
  } catch (error) {
    throw unwritable(directory, error);
  }
}

/** Leaves the machine as it was; with `--no-rollback`, leaves everything to be looked at. */
async function undo(deps: LauncherDeps, driver: Driver, record: ClusterRecord, request: CreateRequest): Promise<void> {
  if (!request.rollback) {
    request.progress(`left ${record.directory} and its daemons as they are (--no-rollback)`);
    return;
  }
  request.progress("rolling back");
  // What is undone is undone to the end, also when the user is in a hurry.
  const how = { ...request, signal: new AbortController().signal, timeoutMs: 20_000 };
  try {
    await eraseCluster(deps, driver, deps.records.get(record.name) ?? record, how);
  } catch (second) {
    request.progress(
      `the rollback failed: ${messageOf(second)}; clear with: sluice cluster destroy --name ${record.name}`,
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
