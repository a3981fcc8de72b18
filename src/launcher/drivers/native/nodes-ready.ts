import { SluiceError } from "../../../errors.ts";
import type { Runner } from "../../../jobs/runner.ts";
import { showNode, type ShownNode } from "../../../slurm/commands/scontrol-show-node.ts";
import type { Operation } from "../../driver.ts";
import { waitFor } from "../../wait-for.ts";
import type { Daemon } from "./daemon.ts";

interface NodesReady {
  readonly runner: Runner;
  readonly slurmConf: string;
  readonly nodes: readonly string[];
  /** Milliseconds since 1970, of a whole second: a node counts when its slurmd started at or after this. */
  readonly sinceMs: number;
  readonly daemons: readonly Daemon[];
  readonly operation: Operation;
}

/** States in which a registered node takes no jobs and that nobody asked for. */
const unusable: ReadonlySet<string> = new Set(["down", "unknown", "future", "error"]);

/**
 * Waits until every node's slurmd, as started now, has registered: a state kept from before the last stop does not count.
 * A node that was drained stays so and is ready. Throws `CONFIG_INVALID` at once where slurmctld refuses a node.
 */
export async function waitForNodes(wait: NodesReady): Promise<void> {
  const { operation, nodes } = wait;
  const command = showNode();
  const request = { ...command, env: { ...command.env, SLURM_CONF: wait.slurmConf } };
  let shown: readonly ShownNode[] = [];
  await waitFor(
    async () => {
      for (const daemon of wait.daemons) daemon.check();
      shown = await wait.runner.run(request, { signal: operation.signal, deadlineMs: 15_000 });
      const registered = shown.filter((node) => nodes.includes(node.name) && hasRegistered(node, wait.sinceMs));
      for (const node of registered) checkAccepted(node);
      return registered.length === nodes.length && registered.every(isUp) ? true : undefined;
    },
    {
      what: `${nodes.length === 1 ? "the node" : `all ${nodes.length} nodes`} to be ready`,
      timeoutMs: operation.timeoutMs,
      intervalMs: 2,
      maxIntervalMs: 100,
      signal: operation.signal,
      explain: () => nodes.map((name) => explain(name, shown, wait.sinceMs)).join(", "),
    },
  );
  operation.progress(nodes.length === 1 ? "the node is ready" : `all ${nodes.length} nodes are ready`);
}

function hasRegistered(node: ShownNode, sinceMs: number): boolean {
  return node.slurmdStartTime !== undefined && Date.parse(node.slurmdStartTime) >= sinceMs;
}

function isUp({ state }: ShownNode): boolean {
  return !unusable.has(state.base) && !state.flags.includes("not_responding");
}

function checkAccepted({ name, state, reason }: ShownNode): void {
  if (!state.flags.includes("invalid_reg")) return;
  throw new SluiceError(
    "CONFIG_INVALID",
    `slurmctld refuses node ${name}: ${reason?.text ?? "its registration is invalid"}`,
    {
      details: { node: name },
    },
  );
}

function explain(name: string, shown: readonly ShownNode[], sinceMs: number): string {
  const node = shown.find((candidate) => candidate.name === name);
  if (node === undefined) return `slurmctld does not know ${name}`;
  if (!hasRegistered(node, sinceMs)) return `${name} has not registered`;
  const words = [node.state.base, ...node.state.flags].join("+");
  return `${name} is ${words}${node.reason === undefined ? "" : ` (${node.reason.text})`}`;
}
