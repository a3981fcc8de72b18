import { SluiceError } from "../../errors.ts";
import type { TaskOptions } from "../define/task-options.ts";
import { clusterOfFolder, clusterOfVariables, defaultCluster, type FoundCluster } from "./cluster-at-hand.ts";
import { hasCluster } from "./cluster-part.ts";
import type { Environment } from "./environment-sections.ts";
import {
  findEnvironment,
  loadSlurmfile,
  openEnvironment,
  readOptionParts,
  type NamedEnvironment,
  type SlurmfileChoice,
} from "./load-slurmfile.ts";

/** The cluster that is at hand. */
export interface DiscoveredCluster extends FoundCluster {
  /** The lowest layer of the options of all jobs. */
  readonly submit: TaskOptions;
  readonly notices: readonly string[];
}

/**
 * Which cluster is meant, by the first of these that says it:
 *
 * 1. the argument: a Slurmfile, or an environment in one, or, where there is none, a cluster that `sluice` knows;
 * 2. `SLURM_TEST_CLUSTER`;
 * 3. `SLUICE_URL`;
 * 4. the Slurmfile that `SLURMFILE` names;
 * 5. the nearest test cluster in a `.slurm-cluster` folder, here or above;
 * 6. the nearest Slurmfile, here or above;
 * 7. what `sluice` itself would take.
 *
 * A Slurmfile says it where its environment has a `cluster` part. One without says what all jobs ask for, wherever they go.
 *
 * Throws as `loadSlurmfile`, and `INPUT_INVALID` where a `.slurm-cluster` folder holds several.
 */
export function discoverCluster(choice: SlurmfileChoice): DiscoveredCluster {
  const { target, environment, env, cwd } = choice;
  const found = findEnvironment(choice);
  if (found === undefined && target !== undefined && environment === undefined) {
    return beside(undefined, {
      connection: { via: "sluice", name: target },
      because: "the argument names it, and there is no Slurmfile",
    });
  }
  if (target !== undefined || environment !== undefined) return ofSlurmfile(choice, "the argument says so");
  const sections = found && openIfThere(found);
  const isOfFile = sections !== undefined && hasCluster(sections);
  const ofVariables = clusterOfVariables(env);
  if (ofVariables !== undefined) return beside(sections, ofVariables);
  const isNamed = env["SLURMFILE"] !== undefined && env["SLURMFILE"] !== "";
  if (isNamed && (isOfFile || sections === undefined)) return ofSlurmfile(choice, "SLURMFILE names it");
  const ofFolder = clusterOfFolder(cwd);
  if (ofFolder !== undefined) return beside(sections, ofFolder);
  if (isOfFile || (found !== undefined && sections === undefined)) {
    return ofSlurmfile(choice, "it is of the nearest Slurmfile, in this folder or above it");
  }
  return beside(sections, defaultCluster);
}

function ofSlurmfile(choice: SlurmfileChoice, because: string): DiscoveredCluster {
  const { file, name, ...found } = loadSlurmfile(choice);
  return { ...found, because: `${because}: environment "${name}" of ${file}` };
}

/** A cluster that the Slurmfile does not say, with what that says of all jobs if it says no other cluster. */
function beside(environment: Environment | undefined, found: FoundCluster): DiscoveredCluster {
  if (environment === undefined || hasCluster(environment)) return { ...found, submit: {}, notices: [] };
  return { ...found, ...readOptionParts(environment) };
}

/** An environment that is missing matters only where the cluster is to come from it. */
function openIfThere(named: NamedEnvironment): Environment | undefined {
  try {
    return openEnvironment(named);
  } catch (error) {
    if (error instanceof SluiceError && error.code === "ENVIRONMENT_NOT_FOUND") return undefined;
    throw error;
  }
}
