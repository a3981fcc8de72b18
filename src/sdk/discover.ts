import { readEnvironment } from "../environment.ts";
import type { Connection } from "./connection.ts";
import type { TaskOptions } from "./define/task-options.ts";
import { discoverCluster } from "./slurmfile/discover-cluster.ts";
import { loadSlurmfile } from "./slurmfile/load-slurmfile.ts";

/** Where a cluster is looked for. */
export interface Asked {
  /** In a Slurmfile alone, or wherever this process finds one at hand. */
  readonly from: "slurmfile" | "environment";
  /** A path of a Slurmfile or its folder, or an environment in one. */
  readonly target: string | undefined;
  readonly environment: string | undefined;
}

/** What was found. */
export interface Discovered {
  readonly connection: Connection;
  /** The lowest layer of the options of all jobs. */
  readonly submit: TaskOptions;
}

/** Looks for the cluster that is meant, from this process's folder and variables. Throws as `discoverCluster`. */
export function discover({ from, target, environment }: Asked): Discovered {
  const choice = { target, environment, env: readEnvironment(), cwd: process.cwd() };
  const { connection, submit, notices } = from === "slurmfile" ? loadSlurmfile(choice) : discoverCluster(choice);
  for (const notice of notices) process.emitWarning(notice, "SluiceWarning");
  return { connection, submit };
}
