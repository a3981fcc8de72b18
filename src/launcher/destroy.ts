import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "../errors.ts";
import type { ClusterRecord } from "../schema/cluster-record.ts";
import { lockCluster, operationOn, type LauncherDeps, type Progress } from "./clusters.ts";
import type { Driver } from "./driver.ts";
import { removeIfEmpty } from "./folders.ts";

export interface DestroyRequest extends Progress {
  readonly name: string;
}

/**
 * Ends and removes a cluster, in whatever state it is. Resolves to false where there was none: to destroy twice is no
 * error.
 */
export async function destroyCluster(deps: LauncherDeps, request: DestroyRequest): Promise<boolean> {
  await using _lock = await lockCluster(deps, request.name, "cluster destroy", request.signal);
  const record = deps.records.get(request.name);
  if (record === undefined) return false;
  await eraseCluster(deps, deps.drivers.get(record.driver), record, request);
  return true;
}

/** Destroys every cluster of this user; where some cannot be, the others are, and the first failure is thrown. */
export async function destroyAllClusters(deps: LauncherDeps, how: Progress): Promise<readonly string[]> {
  const destroyed: string[] = [];
  const failures: unknown[] = [];
  for (const { name } of deps.records.list()) {
    try {
      if (await destroyCluster(deps, { ...how, name })) destroyed.push(name);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return destroyed;
}

/** Processes first, then files, then the record: whatever stops this half-way can be done again. Needs the lock. */
export async function eraseCluster(
  deps: LauncherDeps,
  driver: Driver,
  record: ClusterRecord,
  how: Progress,
): Promise<void> {
  await driver.stop(record, operationOn(deps, record, { ...how, keepsQueue: false }));
  await driver.erase(record);
  try {
    await rm(record.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  } catch (error) {
    throw new SluiceError(
      "FILE_UNWRITABLE",
      `cannot remove ${record.directory}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
  removeIfEmpty(dirname(record.directory));
  if (record.watch !== undefined) deps.processes.kill(record.watch);
  deps.records.remove(record.name);
}
