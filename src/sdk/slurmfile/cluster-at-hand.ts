import { nearestCluster } from "../../launcher/nearest-cluster.ts";
import type { Connection } from "../connection.ts";

/** A cluster, and why it is this one, for people. */
export interface FoundCluster {
  readonly connection: Connection;
  readonly because: string;
}

/**
 * What variables say. `SLURM_TEST_CLUSTER` counts first: a test that names its cluster must not reach another one, whatever else
 * is set. Then `SLUICE_URL`, the gateway that the command line would talk to.
 */
export function clusterOfVariables(env: Readonly<Record<string, string | undefined>>): FoundCluster | undefined {
  const set = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  const name = set("SLURM_TEST_CLUSTER");
  if (name !== undefined) {
    return { connection: { via: "test-cluster", name }, because: "SLURM_TEST_CLUSTER names it" };
  }
  const url = set("SLUICE_URL");
  if (url === undefined) return undefined;
  return { connection: { via: "gateway", url, tokenFile: set("SLUICE_TOKEN_FILE") }, because: "SLUICE_URL names it" };
}

/** The nearest test cluster, upwards of a folder. Throws `INPUT_INVALID` where one folder holds several. */
export function clusterOfFolder(cwd: string): FoundCluster | undefined {
  const name = nearestCluster(cwd);
  if (name === undefined) return undefined;
  const because = "it is the nearest test cluster, in this folder or above it";
  return { connection: { via: "test-cluster", name }, because };
}

/** What `sluice` itself would take: the default of `sluice.yaml`, the Slurm of this host, the only cluster there is. */
export const defaultCluster: FoundCluster = {
  connection: { via: "sluice" },
  because: "it is the one that sluice takes by default",
};
