import type { BareCluster } from "./bare-cluster.ts";
import { runCommand } from "./run-command.ts";

const loop =
  'i=0; while [ "$i" -lt "$1" ]; do sbatch --parsable --hold --output=/dev/null "$2" >/dev/null || exit 1; i=$((i+1)); done';

/** So many held jobs by plain `sbatch` in loops of a shell, so many loops at once. */
export async function rawSbatch(cluster: BareCluster, count: number, parallel = 1): Promise<void> {
  const env = { SLURM_CONF: cluster.conf };
  const share = String(Math.ceil(count / parallel));
  await Promise.all(
    Array.from({ length: parallel }, () => runCommand(["sh", "-c", loop, "sbatch-loop", share, cluster.job], { env })),
  );
}
