import { existsSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import { lockCluster, openCluster, operationOn, requireRecord, type LauncherDeps, type Progress } from "./clusters.ts";
import { writeFiles } from "./folders.ts";
import type { Driver, Operation, StoredCluster } from "./driver.ts";

export interface StartRequest extends Progress {
  readonly name: string;
  readonly wait: boolean;
}

/** Starts a stopped cluster as its files say, the user's edits included. Resolves to false where it ran already. */
export async function startCluster(deps: LauncherDeps, request: StartRequest): Promise<boolean> {
  requireRecord(deps, request.name);
  await using _lock = await lockCluster(deps, request.name, "cluster start", request.signal);
  const record = requireRecord(deps, request.name);
  const driver = deps.drivers.get(record.driver);
  const cluster = openCluster(record);
  const alive = driver.alive(record);
  if (record.started !== undefined && record.daemons.length > 0 && alive.length === record.daemons.length) return false;
  const operation = operationOn(deps, record, request);
  // Half a cluster is not started upon: what is left of it goes first.
  if (alive.length > 0) await driver.stop(record, operation);
  await restoreFiles(driver, cluster, request);
  await driver.prepare(cluster, request.signal);
  await startStored(deps, driver, cluster, operation);
  return true;
}

/** A cluster whose configuration was deleted gets it back from cluster.yaml; a file that stands is never touched. */
async function restoreFiles(driver: Driver, cluster: StoredCluster, how: Progress): Promise<void> {
  const { directory } = cluster.record;
  const missing = driver.files(cluster).filter((file) => !existsSync(join(directory, file.path)));
  if (!missing.some((file) => file.path.endsWith("slurm.conf"))) return;
  await writeFiles(directory, missing);
  how.progress(`restored ${missing.map((file) => file.path).join(", ")} from cluster.yaml`);
}

/** Starts what stands on disk; where that fails, no daemon of it stays behind. */
export async function startStored(
  deps: LauncherDeps,
  driver: Driver,
  cluster: StoredCluster,
  operation: Operation,
): Promise<void> {
  const { name } = cluster.record;
  const fresh = { ...cluster.record, daemons: [] };
  deps.records.put(fresh);
  try {
    await driver.start({ ...cluster, record: fresh }, operation);
  } catch (error) {
    const record = deps.records.get(name) ?? fresh;
    await driver.stop(record, { ...operation, signal: new AbortController().signal });
    deps.records.put({ ...record, daemons: [] });
    throw error;
  }
  const record = deps.records.get(name);
  if (record === undefined)
    throw new SluiceError("CLUSTER_NOT_FOUND", `the record of cluster "${name}" was removed while it started`);
  deps.records.put({ ...record, started: deps.now().toISOString() });
}
