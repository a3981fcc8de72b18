import { SluiceError } from "../../../errors.ts";
import type { Operation, ProcessAction, StoredCluster } from "../../driver.ts";
import { waitFor } from "../../wait-for.ts";
import { findClusterProcesses } from "./cluster-processes.ts";
import type { NativeHost } from "./design.ts";
import { endLostJobs } from "./lost-jobs.ts";
import { waitForNodes } from "./nodes-ready.ts";
import type { NativePaths } from "./paths.ts";
import { readProcess, sendSignal, type ProcessInfo } from "./processes.ts";
import { launchSlurmd } from "./start.ts";
import { killUntilGone } from "./stop.ts";

interface NodeContext {
  readonly host: NativeHost;
  readonly cluster: StoredCluster;
  readonly paths: NativePaths;
  readonly operation: Operation;
}

/**
 * Does to a node's processes what happens to a machine: `kill` is a power cut, `freeze` a host that hangs, `thaw` its
 * recovery, `restart` a reboot. slurmd, its steps and their jobs share the fate.
 */
export async function actOnNode(context: NodeContext, node: string, action: ProcessAction): Promise<void> {
  switch (action) {
    case "kill":
      return await killNode(context, node);
    case "freeze":
      return await signalNode(context, node, "SIGSTOP");
    case "thaw":
      return await signalNode(context, node, "SIGCONT");
    case "restart":
      await killNode(context, node);
      await endLostJobs({
        runner: context.host.runner,
        slurmConf: context.paths.slurmConf,
        nodes: [node],
        reason: "the node was restarted",
        returning: true,
        signal: context.operation.signal,
      });
      return await startNode(context, node);
  }
}

function processesOf({ cluster, paths }: NodeContext, node: string): ProcessInfo[] {
  const found = findClusterProcesses(paths, cluster.record, node);
  return [...found.daemons, ...found.stepManagers, ...found.work];
}

function killNode(context: NodeContext, node: string): Promise<void> {
  return killUntilGone(() => processesOf(context, node), context.operation);
}

async function signalNode(context: NodeContext, node: string, signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
  const processes = processesOf(context, node);
  if (!processes.some(({ pid }) => context.cluster.record.daemons.some((daemon) => daemon.pid === pid))) {
    throw new SluiceError(
      "CLUSTER_NOT_RUNNING",
      `slurmd of ${node} does not run; start it with: sluice cluster node ${node} restart`,
    );
  }
  const stopped = signal === "SIGSTOP";
  for (const info of processes) sendSignal(info, signal);
  await waitFor(() => (processes.some((info) => isStopped(info) === !stopped) ? undefined : true), {
    what: `${node} to ${stopped ? "freeze" : "thaw"}`,
    timeoutMs: context.operation.timeoutMs,
    maxIntervalMs: 20,
    signal: context.operation.signal,
  });
}

/** One that has ended meanwhile is as stopped, or as little, as is wanted. */
function isStopped({ pid, startTime }: ProcessInfo): boolean | undefined {
  const info = readProcess(pid);
  return info?.startTime === startTime ? info.state === "T" : undefined;
}

async function startNode(context: NodeContext, node: string): Promise<void> {
  const sinceMs = Math.floor(Date.now() / 1000) * 1000;
  const slurmd = launchSlurmd(context, node);
  await waitForNodes({
    runner: context.host.runner,
    slurmConf: context.paths.slurmConf,
    nodes: [node],
    sinceMs,
    daemons: [slurmd],
    operation: context.operation,
  });
}
