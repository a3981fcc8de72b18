import { nearestCluster } from "../../launcher/nearest-cluster.ts";
import type { Connection } from "../connection.ts";
import type { TaskOptions } from "../define/task-options.ts";
import { findEnvironment, loadSlurmfile, type SlurmfileChoice } from "./load-slurmfile.ts";

/** The cluster that is at hand. */
export interface DiscoveredCluster {
  readonly connection: Connection;
  /** The lowest layer of the options of all jobs. */
  readonly submit: TaskOptions;
  /** Why this one, for people. */
  readonly because: string;
  readonly notices: readonly string[];
}

/**
 * Which cluster is meant, by the first of these that says it:
 *
 * 1. the argument: a Slurmfile, or an environment in one, or, where there is none, a cluster that `sluice` knows;
 * 2. `SLURM_TEST_CLUSTER`: a test that names its cluster must not reach another one, whatever else is set;
 * 3. `SLUICE_URL`: the gateway that the command line would talk to;
 * 4. `SLURMFILE`;
 * 5. the nearest test cluster in a `.slurm-cluster` folder, here or above;
 * 6. the nearest Slurmfile, here or above;
 * 7. what `sluice` itself would take: the default of `sluice.yaml`, the Slurm of this host, the only cluster there is.
 *
 * Throws as `loadSlurmfile`, and `INPUT_INVALID` where a `.slurm-cluster` folder holds several.
 */
export function discoverCluster({ target, environment, env, cwd }: SlurmfileChoice): DiscoveredCluster {
  const set = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  const fromSlurmfile = (because: string): DiscoveredCluster => {
    const { file, name, ...found } = loadSlurmfile({ target, environment, env, cwd });
    return { ...found, because: `${because}: environment "${name}" of ${file}` };
  };
  const plain = (connection: Connection, because: string): DiscoveredCluster => ({
    connection,
    submit: {},
    because,
    notices: [],
  });

  if (target !== undefined || environment !== undefined) {
    const isThere = findEnvironment({ target, environment, env, cwd }) !== undefined;
    if (isThere || target === undefined) return fromSlurmfile("the argument says so");
    return plain({ via: "sluice", name: target }, "the argument names it, and there is no Slurmfile");
  }
  const testCluster = set("SLURM_TEST_CLUSTER");
  if (testCluster !== undefined)
    return plain({ via: "test-cluster", name: testCluster }, "SLURM_TEST_CLUSTER names it");
  const url = set("SLUICE_URL");
  if (url !== undefined)
    return plain({ via: "gateway", url, tokenFile: set("SLUICE_TOKEN_FILE") }, "SLUICE_URL names it");
  if (set("SLURMFILE") !== undefined) return fromSlurmfile("SLURMFILE names it");
  const nearest = nearestCluster(cwd);
  if (nearest !== undefined) {
    return plain({ via: "test-cluster", name: nearest }, "it is the nearest test cluster, in this folder or above it");
  }
  if (findEnvironment({ env, cwd }) !== undefined)
    return fromSlurmfile("it is the nearest Slurmfile, in this folder or above it");
  return plain({ via: "sluice" }, "it is the cluster that sluice takes by default");
}
