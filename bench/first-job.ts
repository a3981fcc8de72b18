import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BareCluster } from "./bare-cluster.ts";
import { inMs, type Comparison } from "./comparison.ts";
import { interleave } from "./interleave.ts";
import { runCommand } from "./run-command.ts";

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** From the command to the end of the smallest job on an idle cluster that Sluice did not make: it is found by SLURM_CONF. */
export async function firstJob(rounds: number): Promise<readonly Comparison[]> {
  await using cluster = await BareCluster.prepare();
  await cluster.start();
  const cwd = await mkdtemp(join(tmpdir(), "bench-job-"));
  try {
    const env = { SLURM_CONF: cluster.conf, SLURM_TEST_CLUSTER: undefined, SLUICE_HOME: join(cwd, "home") };
    const contender = (name: string, argv: readonly [string, ...string[]]) => ({
      name,
      run: async () => void (await runCommand(argv, { cwd, env })),
    });
    const [ours, srun, sbatch] = await interleave(
      [
        contender("sluice run", [process.execPath, main, "run", "--quiet", "--", "true"]),
        contender("srun", ["srun", "true"]),
        contender("sbatch --wait", ["sbatch", "--quiet", "--wait", "--output=/dev/null", "--wrap=true"]),
      ],
      rounds,
    );
    if (ours === undefined || srun === undefined || sbatch === undefined) throw new Error("a contender is missing");
    const what = "one job to its end, `sluice run`";
    return [
      { what, ours: inMs(ours), against: inMs(sbatch) },
      { what, ours: inMs(ours), against: inMs(srun) },
    ];
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
