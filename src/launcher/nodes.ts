import { SluiceError } from "../errors.ts";
import { acceptsJobs } from "../slurm/commands/node-state.ts";
import { setNodeState, type NodeChange } from "../slurm/commands/scontrol-nodes.ts";
import { showNode } from "../slurm/commands/scontrol-show-node.ts";
import { lockCluster, openCluster, operationOn, requireRecord, type LauncherDeps, type Progress } from "./clusters.ts";
import type { Driver, NodeAction, ProcessAction, StoredCluster } from "./driver.ts";
import { waitFor } from "./wait-for.ts";

export interface NodeRequest extends Progress {
  readonly name: string;
  readonly node: string;
  readonly action: NodeAction;
  /** Shown by Slurm beside a node that is down or drained. */
  readonly reason: string;
}

/** Injects a fault into a node of a running cluster, or takes it back. Throws `CLUSTER_NOT_RUNNING`, `NODE_NOT_FOUND`. */
export async function actOnNode(deps: LauncherDeps, request: NodeRequest): Promise<void> {
  requireRecord(deps, request.name);
  await using _lock = await lockCluster(deps, request.name, `cluster node ${request.action}`, request.signal);
  const record = requireRecord(deps, request.name);
  const cluster = openCluster(record);
  const driver = deps.drivers.get(record.driver);
  if (driver.alive(record).length === 0) {
    throw new SluiceError(
      "CLUSTER_NOT_RUNNING",
      `cluster "${request.name}" is stopped; start it with: sluice cluster start --name ${request.name}`,
    );
  }
  checkNode(driver, cluster, request.node);
  const change = wordsOf(request);
  if (typeof change === "string") {
    await driver.act(cluster, request.node, change, operationOn(deps, record, request));
  } else {
    await driver.run(cluster, setNodeState(request.node, change), request.signal);
    const slurmdRuns = driver.alive(record).some(({ name }) => name === request.node);
    // slurmctld takes a resumed node for silent until it has asked it.
    if (change.state === "resume" && slurmdRuns) await waitUntilUsable(driver, cluster, request);
  }
}

/** What an action says to slurmctld, or the action itself where it happens to the node's processes. */
function wordsOf({ action, reason }: NodeRequest): NodeChange | ProcessAction {
  if (action === "down" || action === "drain") return { state: action, reason };
  return action === "resume" ? { state: action } : action;
}

async function waitUntilUsable(driver: Driver, cluster: StoredCluster, request: NodeRequest): Promise<void> {
  await waitFor(
    async () => {
      const [shown] = await driver.run(cluster, showNode(request.node), request.signal);
      return shown !== undefined && acceptsJobs(shown.state) ? true : undefined;
    },
    {
      what: `${request.node} to take jobs again`,
      timeoutMs: request.timeoutMs,
      intervalMs: 20,
      signal: request.signal,
    },
  );
}

function checkNode(driver: Driver, cluster: StoredCluster, node: string): void {
  const nodes = driver.nodes(cluster);
  if (nodes.includes(node)) return;
  throw new SluiceError(
    "NODE_NOT_FOUND",
    `cluster "${cluster.record.name}" has no compute node "${node}"; its compute nodes: ${nodes.join(", ")}`,
    { details: { node } },
  );
}
