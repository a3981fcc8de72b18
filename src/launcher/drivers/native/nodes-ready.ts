import { SluiceError } from "../../../errors.ts";
import type { Runner } from "../../../jobs/runner.ts";
import type { Command } from "../../../schema/command.ts";
import type { Operation } from "../../driver.ts";
import { waitFor } from "../wait-for.ts";
import type { Daemon } from "./daemon.ts";

interface NodesReady {
  readonly runner: Runner;
  readonly slurmConf: string;
  readonly nodes: readonly string[];
  /** Seconds since 1970: a node counts when its slurmd registered with a start at or after this. */
  readonly since: number;
  readonly daemons: readonly Daemon[];
  readonly operation: Operation;
}

interface NodeReport {
  readonly name: string;
  readonly state: string;
  readonly slurmdStarted: number;
  readonly reason: string;
}

/**
 * Waits until every node's slurmd, as started now, has registered: a state kept from before the last stop does not count.
 * A node that was drained stays so and is ready. Throws `CONFIG_INVALID` at once where slurmctld refuses a node.
 */
export async function waitForNodes(wait: NodesReady): Promise<void> {
  const { operation } = wait;
  let reports: readonly NodeReport[] = [];
  await waitFor(
    async () => {
      for (const daemon of wait.daemons) daemon.check();
      reports = await wait.runner.run(reportNodes(wait.slurmConf), { signal: operation.signal, deadlineMs: 15_000 });
      const mine = reports.filter((report) => wait.nodes.includes(report.name) && report.slurmdStarted >= wait.since);
      for (const report of mine) checkAccepted(report);
      return mine.length === wait.nodes.length && mine.every(isUp) ? true : undefined;
    },
    {
      what: `${wait.nodes.length === 1 ? "the node" : `all ${wait.nodes.length} nodes`} to be ready`,
      timeoutMs: operation.timeoutMs,
      intervalMs: 2,
      maxIntervalMs: 100,
      signal: operation.signal,
      explain: () => describe(wait, reports),
    },
  );
  operation.progress(wait.nodes.length === 1 ? "the node is ready" : `all ${wait.nodes.length} nodes are ready`);
}

/** `*` marks a node that does not answer; DOWN ends by itself when its slurmd registers. */
function isUp(report: NodeReport): boolean {
  return !/^(DOWN|UNKNOWN|FUTURE|ERROR)|\*/.test(report.state);
}

function checkAccepted({ name, state, reason }: NodeReport): void {
  if (!state.includes("INVALID_REG")) return;
  throw new SluiceError("CONFIG_INVALID", `slurmctld refuses node ${name} (${state}): ${reason}`, {
    details: { node: name },
  });
}

function describe(wait: NodesReady, reports: readonly NodeReport[]): string {
  return wait.nodes
    .map((name) => {
      const report = reports.find((candidate) => candidate.name === name);
      if (report === undefined) return `slurmctld does not know ${name}`;
      if (report.slurmdStarted < wait.since) return `${name} has not registered`;
      return `${name} is ${report.state}${report.reason === "" ? "" : ` (${report.reason})`}`;
    })
    .join(", ");
}

function reportNodes(slurmConf: string): Command<readonly NodeReport[]> {
  return {
    argv: ["scontrol", "-o", "show", "nodes"],
    env: { SLURM_CONF: slurmConf, TZ: "UTC", LC_ALL: "C" },
    parse: ({ stdout }) =>
      stdout
        .split("\n")
        .filter((line) => line.startsWith("NodeName="))
        .map((line) => ({
          name: /^NodeName=(\S+)/.exec(line)?.[1] ?? "",
          state: / State=(\S+)/.exec(line)?.[1] ?? "",
          slurmdStarted: Date.parse(`${/ SlurmdStartTime=(\S+)/.exec(line)?.[1] ?? ""}Z`) / 1000 || 0,
          reason: / Reason=(.*)$/.exec(line)?.[1]?.trim() ?? "",
        })),
  };
}
