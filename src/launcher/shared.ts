import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "../errors.ts";
import { canonicalJson } from "../schema/canonical-json.ts";
import type { ClusterRecord, ProcessRecord } from "../schema/cluster-record.ts";
import type { ClusterSpec } from "../schema/cluster-spec.ts";
import type { LauncherDeps, Progress } from "./clusters.ts";
import { createCluster, type CreateRequest } from "./create.ts";
import { destroyCluster } from "./destroy.ts";
import { removeIfEmpty } from "./folders.ts";
import { takeLock } from "./lock.ts";

export interface ShareRequest extends Progress {
  readonly spec: Omit<ClusterSpec, "name">;
  /** Whose clusters these are: others share none of them. */
  readonly group: string;
  /** This process, and others for whose time the cluster is to stay as well. */
  readonly users: readonly [ProcessRecord, ...ProcessRecord[]];
  readonly create: Pick<CreateRequest, "wishes" | "driver" | "outputDirectory">;
}

/** A running cluster that others may be using too. */
export interface SharedCluster {
  readonly name: string;
  /** It is destroyed with the last who leaves. */
  leave(how: Progress): Promise<void>;
}

/**
 * The running cluster of a shape that all of a group use, made if there is none. Each user is a file in a folder of the
 * cluster's, named for its process; the cluster belongs to a holder (`holdUsers` of the launcher's dependencies), a process
 * that ends when the folder names nobody who lives. Who removes the folder is the last: nobody can come in after that.
 *
 * Throws as `createCluster`, and `CLUSTER_BUSY` where another takes longer than `timeoutMs` to make it.
 */
export async function shareCluster(deps: LauncherDeps, request: ShareRequest): Promise<SharedCluster> {
  const { spec, group, users, create, signal, timeoutMs } = request;
  const key = createHash("sha256")
    .update(canonicalJson([spec, group, create.driver]))
    .digest("hex")
    .slice(0, 12);
  const folder = join(sharedFolder(deps), key);
  await using _lock = await takeLock({
    stateDirectory: deps.stateDirectory,
    what: `(shared ${key})`,
    purpose: "making a cluster that is shared",
    waitMs: timeoutMs,
    signal,
  });
  for (const name of listFolder(folder)) {
    const cluster = enter(deps, join(folder, name), users);
    if (cluster === undefined) continue;
    const record = deps.records.get(name);
    if (isWhole(deps, record)) return cluster;
    await cluster.leave(request);
    // Left by one who was killed before there was a cluster.
    if (record === undefined) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const name = `shared-${key.slice(0, 8)}-${randomUUID().slice(0, 4)}`;
  mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  const cluster = enter(deps, join(folder, name), users);
  if (cluster === undefined) throw new SluiceError("FILE_UNWRITABLE", `cannot write ${join(folder, name)}`);
  try {
    const owner = deps.holdUsers(join(folder, name));
    await createCluster(deps, {
      ...request,
      ...create,
      spec: { ...spec, name },
      owner,
      start: true,
      wait: true,
      rollback: true,
    });
    return cluster;
  } catch (error) {
    await cluster.leave(request);
    throw error;
  }
}

/** Takes a process out of all clusters that it was named a user of beside others. */
export async function leaveAll(deps: LauncherDeps, user: ProcessRecord, how: Progress): Promise<void> {
  for (const key of listFolder(sharedFolder(deps))) {
    for (const name of listFolder(join(sharedFolder(deps), key))) {
      await leave(deps, join(sharedFolder(deps), key, name), [fileOf(user, "beside")], how);
    }
  }
}

function sharedFolder(deps: LauncherDeps): string {
  return join(deps.stateDirectory, "shared");
}

/** `undefined` where the last has left already. */
function enter(
  deps: LauncherDeps,
  folder: string,
  [self, ...others]: ShareRequest["users"],
): SharedCluster | undefined {
  const own = fileOf(self, randomUUID());
  try {
    for (const file of [own, ...others.map((user) => fileOf(user, "beside"))]) writeFileSync(join(folder, file), "");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const name = folder.slice(dirname(folder).length + 1);
  return { name, leave: (how) => leave(deps, folder, [own], how) };
}

/** Who can remove the folder was the last, and takes the cluster along. */
async function leave(deps: LauncherDeps, folder: string, files: readonly string[], how: Progress): Promise<void> {
  for (const file of files) rmSync(join(folder, file), { force: true });
  try {
    rmdirSync(folder);
  } catch {
    // Others use it, or the last of them has gone before.
    return;
  }
  for (const above of [dirname(folder), sharedFolder(deps)]) removeIfEmpty(above);
  const name = folder.slice(dirname(folder).length + 1);
  const holder = deps.records.get(name)?.owner;
  await destroyCluster(deps, { ...how, name }).catch((error: unknown) => {
    // Its watch may be at it just now.
    if (!(error instanceof SluiceError && error.code === "CLUSTER_BUSY")) throw error;
  });
  if (holder !== undefined) deps.processes.kill(holder);
}

/** The pid and start time, which name one process for good, and a word that tells several uses of it apart. */
function fileOf({ pid, startTime }: ProcessRecord, word: string): string {
  return `${pid}.${startTime}.${word}`;
}

function isWhole(deps: LauncherDeps, record: ClusterRecord | undefined): boolean {
  if (record?.started === undefined) return false;
  return deps.drivers.get(record.driver).alive(record).length === record.daemons.length;
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
