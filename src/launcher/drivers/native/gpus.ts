import { mkdir, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { Runner } from "../../../jobs/runner.ts";
import type { Command } from "../../../schema/command.ts";
import { findConfigFault } from "./config-fault.ts";
import { settleAll } from "../../settle-all.ts";
import type { NativePaths } from "./paths.ts";
import type { StandingNode } from "./standing-cluster.ts";

/**
 * Makes the simulated devices. slurmd drops a GPU that has no device file, and looks through links at what it is: a link to
 * /dev/null is a character device that everybody has, so no GPU, driver or right to make device nodes is needed.
 */
export async function makeDevices(nodes: readonly StandingNode[]): Promise<void> {
  for (const device of nodes.flatMap((node) => node.devices)) {
    await mkdir(dirname(device), { recursive: true });
    await symlink("/dev/null", device).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
  }
}

/**
 * Asks slurmd itself, before anything is started, whether it sees every GPU that the nodes declare (`slurmd -G`).
 * Throws `CONFIG_INVALID` naming the node.
 */
export async function proveGpus(
  deps: { readonly runner: Runner; readonly slurmd: string },
  nodes: readonly StandingNode[],
  paths: NativePaths,
  signal: AbortSignal,
): Promise<void> {
  await settleAll(
    nodes
      .filter((node) => node.gpus > 0)
      .map(async (node) => {
        const seen = await deps.runner.run(slurmdGres(deps.slurmd, paths, node.name), {
          signal,
          deadlineMs: 20_000,
        });
        checkCount(node, seen);
      }),
  );
}

function checkCount(node: StandingNode, seen: number): void {
  if (seen === node.gpus) return;
  throw new SluiceError(
    "CONFIG_INVALID",
    `slurmd of ${node.name} sees ${seen} of its ${node.gpus} GPUs; compare config/gres.conf with the node's Gres= in config/slurm.conf`,
    { details: { node: node.name } },
  );
}

/** `slurmd -G` prints one line per GRES record: `slurmd: Gres Name=gpu Type=fake Count=4 Index=0 ID=… File=…`. */
function slurmdGres(slurmd: string, paths: NativePaths, node: string): Command<number> {
  return {
    argv: [slurmd, "-G", "-f", paths.slurmConf, "-N", node],
    env: { SLURM_CONF: paths.slurmConf },
    parse({ stdout, stderr, exitCode }) {
      const text = stdout + stderr;
      const counts = [...text.matchAll(/\bName=gpu\b.*?\bCount=(\d+)/g)].map((match) => Number(match[1]));
      if (exitCode !== 0 && counts.length === 0) {
        const refusal = `slurmd of ${node} refuses its configuration: ${text.trim()}`;
        throw findConfigFault(text, paths) ?? new SluiceError("CONFIG_INVALID", refusal, { details: { node } });
      }
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}
