import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "../errors.ts";

/** What a cluster is called where nobody says. */
export const defaultClusterName = "slurm-test";

/** The folder that `create` makes its clusters in. */
const outputDirectoryName = ".slurm-cluster";

/**
 * The name of the cluster in the nearest `.slurm-cluster` folder, from `cwd` upwards; `undefined` where there is none.
 * Throws `INPUT_INVALID` where that folder holds several, none of them called `slurm-test`.
 */
export function nearestCluster(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const names = clustersIn(join(folder, outputDirectoryName));
    if (names.includes(defaultClusterName)) return defaultClusterName;
    if (names.length > 1) {
      throw new SluiceError(
        "INPUT_INVALID",
        `${join(folder, outputDirectoryName)} holds several clusters (${names.join(", ")}); say which with --cluster NAME, or in SLURM_TEST_CLUSTER`,
        { details: { field: "--cluster" } },
      );
    }
    if (names[0] !== undefined) return names[0];
    if (dirname(folder) === folder) return undefined;
  }
}

function clustersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "cluster.yaml")))
    .map((entry) => entry.name)
    .sort();
}
