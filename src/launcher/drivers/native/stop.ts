import type { ClusterRecord, DaemonRecord } from "../../../schema/cluster-record.ts";
import { SluiceError } from "../../../errors.ts";
import type { Operation } from "../../driver.ts";
import { waitFor } from "../../wait-for.ts";
import { aliveDaemons, findClusterProcesses } from "./cluster-processes.ts";
import type { NativeHost } from "./design.ts";
import { endLostJobs } from "./lost-jobs.ts";
import type { NativePaths } from "./paths.ts";
import { isRunning, sendSignal, type ProcessId } from "./processes.ts";

/** Why slurmctld is told that nodes with jobs are down. */
export const stopReason = "the cluster was stopped";

/** How long a daemon gets to end by itself, in milliseconds. */
const patience = { slurmd: 1_500, slurmctld: 8_000, database: 15_000, other: 2_000 } as const;

/**
 * Ends a cluster in the order that loses nothing: the slurmds, so that no job's end is taken for the node's; slurmctld,
 * which writes its queue; then every process of a job, which a restart will requeue; then all the rest.
 */
export async function stopNativeCluster(
  host: NativeHost,
  record: ClusterRecord,
  paths: NativePaths,
  operation: Operation,
): Promise<void> {
  const alive = aliveDaemons(record);
  const byName = (...names: readonly string[]): DaemonRecord[] => alive.filter(({ name }) => names.includes(name));
  const services = new Set(["slurmctld", "slurmdbd", "mariadbd", "munged", "sshd", "docker-registry", "slurmrestd"]);
  const slurmds = alive.filter(({ name }) => !services.has(name));
  const doors = byName("sshd", "slurmrestd", "docker-registry");

  await Promise.all([...endAll(slurmds, patience.slurmd, operation), ...endAll(doors, patience.other, operation)]);
  // The accounts keep when a job ended. Without them it is enough, and quicker, to tell slurmctld at the next start.
  const keepsAccounts = operation.keepsQueue && byName("slurmdbd").length > 0;
  if (keepsAccounts && byName("slurmctld").length > 0) await tellOfLostJobs(host, paths);
  await Promise.all(endAll(byName("slurmctld"), patience.slurmctld, operation));
  await endStrays(record, paths, operation, "work");
  await Promise.all(endAll(byName("slurmdbd"), patience.other, operation));
  await Promise.all([
    ...endAll(byName("mariadbd"), patience.database, operation),
    ...endAll(byName("munged"), patience.other, operation),
  ]);
  await endStrays(record, paths, operation, "everything");
}

/** Where slurmctld does not hear of it now, it does at the next start. */
async function tellOfLostJobs(host: NativeHost, paths: NativePaths): Promise<void> {
  const signal = AbortSignal.timeout(patience.other);
  const lost = { runner: host.runner, slurmConf: paths.slurmConf, reason: stopReason, returning: false, signal };
  await endLostJobs(lost).catch((error: unknown) => {
    if (!(error instanceof SluiceError)) throw error;
  });
}

/** Asks a process to end, and makes it end when its time is over. */
export async function endProcess(id: ProcessId, patienceMs: number, operation: Operation): Promise<void> {
  sendSignal(id, "SIGTERM");
  // One that was frozen hears of it only when it goes on.
  sendSignal(id, "SIGCONT");
  const gone = waitFor(() => (isRunning(id) ? undefined : true), {
    what: `process ${id.pid} to end`,
    timeoutMs: patienceMs,
    maxIntervalMs: 20,
    signal: operation.signal,
  });
  await gone.catch(() => kill([id], operation));
}

function endAll(daemons: readonly ProcessId[], patienceMs: number, operation: Operation): Promise<void>[] {
  return daemons.map((daemon) => endProcess(daemon, patienceMs, operation));
}

/** Kills what is left until there is nothing left: a process may start others while it is looked for. */
async function endStrays(
  record: ClusterRecord,
  paths: NativePaths,
  operation: Operation,
  which: "work" | "everything",
): Promise<void> {
  await killUntilGone(() => {
    const found = findClusterProcesses(paths, record);
    return [...found.work, ...found.stepManagers, ...(which === "everything" ? found.daemons : [])];
  }, operation);
}

/** Rounds after which a job that starts processes faster than they are killed is given up on. */
const killRounds = 50;

/** Kills what is found until nothing is found. Throws `DEADLINE_EXCEEDED` where there is always something new. */
export async function killUntilGone(find: () => readonly ProcessId[], operation: Operation): Promise<void> {
  for (let round = 0; round < killRounds; round += 1) {
    const found = find();
    if (found.length === 0) return;
    await kill(found, operation);
  }
  const left = find().map(({ pid }) => pid);
  if (left.length === 0) return;
  throw new SluiceError(
    "DEADLINE_EXCEEDED",
    `processes start faster than they can be killed; still running: ${left.slice(0, 20).join(", ")}`,
  );
}

/** SIGKILL, and wait until the kernel has done it. Ending is finished even where the operation was given up. */
async function kill(ids: readonly ProcessId[], operation: Operation): Promise<void> {
  for (const id of ids) sendSignal(id, "SIGKILL");
  await waitFor(() => (ids.some(isRunning) ? undefined : true), {
    what: `killed processes to go (${ids.map(({ pid }) => pid).join(", ")})`,
    timeoutMs: Math.max(5_000, operation.timeoutMs),
    maxIntervalMs: 20,
    signal: new AbortController().signal,
  });
}
