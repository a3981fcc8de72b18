import { mkdir, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { Runner } from "../../../jobs/runner.ts";
import type { ClusterPlan, PlannedNode } from "../../../schema/cluster-plan.ts";
import type { Command } from "../../../schema/command.ts";

/**
 * Makes the simulated devices. slurmd drops a GPU that has no device file, and looks through links at what it is: a link to
 * /dev/null is a character device that everybody has, so no GPU, driver or right to make device nodes is needed.
 */
export async function makeDevices(plan: ClusterPlan): Promise<void> {
  for (const device of plan.nodes.flatMap((node) => node.gpus?.devices ?? [])) {
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
  plan: ClusterPlan,
  slurmConf: string,
  signal: AbortSignal,
): Promise<void> {
  const nodes = plan.nodes.filter((node) => node.gpus !== undefined);
  await Promise.all(
    nodes.map(async (node) => {
      const seen = await deps.runner.run(slurmdGres(deps.slurmd, slurmConf, node.name), { signal, deadlineMs: 20_000 });
      checkCount(node, seen);
    }),
  );
}

function checkCount(node: PlannedNode, seen: number): void {
  const declared = node.gpus?.devices.length ?? 0;
  if (seen === declared) return;
  throw new SluiceError(
    "CONFIG_INVALID",
    `slurmd of ${node.name} sees ${seen} of its ${declared} GPUs; compare config/gres.conf with the node's Gres= in config/slurm.conf`,
    { details: { node: node.name } },
  );
}

/** `slurmd -G` prints one line per GRES record: `slurmd: Gres Name=gpu Type=fake Count=4 Index=0 ID=… File=…`. */
function slurmdGres(slurmd: string, slurmConf: string, node: string): Command<number> {
  return {
    argv: [slurmd, "-G", "-f", slurmConf, "-N", node],
    env: { SLURM_CONF: slurmConf },
    parse({ stdout, stderr, exitCode }) {
      const text = stdout + stderr;
      const counts = [...text.matchAll(/\bName=gpu\b.*?\bCount=(\d+)/g)].map((match) => Number(match[1]));
      if (exitCode !== 0 && counts.length === 0) {
        throw new SluiceError("CONFIG_INVALID", `slurmd of ${node} refuses its configuration: ${text.trim()}`, {
          details: { node },
        });
      }
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}
