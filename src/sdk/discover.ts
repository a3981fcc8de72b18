import type { Connection } from "./connection.ts";
import type { TaskOptions } from "./define/task-options.ts";
import type { Observer } from "./observers/observer.ts";

/** Where a cluster is looked for. */
export interface Asked {
  /** In a Slurmfile, or in the environment of this process first. */
  readonly from: "slurmfile" | "environment";
  /** A path of a Slurmfile or its folder, or an environment in one. */
  readonly target?: string | undefined;
  readonly environment?: string | undefined;
}

/** What was found. */
export interface Discovered {
  readonly connection: Connection;
  readonly submit: TaskOptions;
  readonly observers?: readonly Observer[];
}

/** Looks for the cluster that is meant. Throws `SLURMFILE_NOT_FOUND`, `SLURMFILE_INVALID`, `CLUSTER_NOT_FOUND`. */
export function discover({ from, target }: Asked): Discovered {
  return { connection: { via: "sluice", name: from === "environment" ? target : undefined }, submit: {} };
}
