import type { Runner } from "../../../jobs/runner.ts";
import { setNodeState } from "../../../slurm/commands/scontrol-nodes.ts";
import { showNode, type ShownNode } from "../../../slurm/commands/scontrol-show-node.ts";
import { compressHostlist } from "../../../slurm/values/hostlist.ts";
import type { Command } from "../../../schema/command.ts";

interface LostJobs {
  readonly runner: Runner;
  readonly slurmConf: string;
  /** Nodes without a slurmd and without a step; absent: all of them. */
  readonly nodes?: readonly string[];
  /** Shown by Slurm beside the nodes until their slurmds come. */
  readonly reason: string;
  /** Whether slurmds are about to be started there: nodes that are down for this reason wait for them then. */
  readonly returning: boolean;
  readonly signal: AbortSignal;
}

/**
 * Tells slurmctld that what it takes for running on these nodes is gone: it requeues what may be requeued and ends the rest
 * as NODE_FAIL. By itself it would show them as running for minutes, since a job is missed only at a registration of its
 * slurmd that comes some 20 s after the job's start (BatchStartTimeout in slurm.conf(5)).
 *
 * Throws what the commands throw, `CLUSTER_UNREACHABLE` among them.
 */
export async function endLostJobs({ runner, slurmConf, nodes, reason, returning, signal }: LostJobs): Promise<void> {
  const run = <T>(command: Command<T>): Promise<T> =>
    runner.run({ ...command, env: { ...command.env, SLURM_CONF: slurmConf } }, { signal, deadlineMs: 15_000 });
  const shown = await run(showNode(nodes === undefined ? undefined : compressHostlist(nodes)));
  const busy = shown.filter(hasJobs);
  const drained = busy.filter((node) => node.state.flags.includes("drain"));
  const others = busy.filter((node) => !drained.includes(node)).map((node) => node.name);
  if (others.length > 0) await run(setNodeState(compressHostlist(others), { state: "down", reason }));
  const waiting = [...others, ...shown.filter((node) => isDownFor(node, reason)).map((node) => node.name)];
  // By themselves they come back only where ReturnToService of slurm.conf says so.
  if (returning && waiting.length > 0) await run(setNodeState(compressHostlist(waiting), { state: "resume" }));
  // To resume these would undo what somebody asked for, with their reason.
  for (const node of drained) {
    await run(setNodeState(node.name, { state: "down", reason: node.reason?.text ?? reason }));
  }
}

function isDownFor({ state, reason }: ShownNode, text: string): boolean {
  return state.base === "down" && !state.flags.includes("drain") && reason?.text === text;
}

/** A suspended job has given back its CPUs and keeps its memory. */
function hasJobs({ cpus, memoryMb, state }: ShownNode): boolean {
  return cpus.allocated > 0 || memoryMb.allocated > 0 || state.flags.includes("completing");
}
