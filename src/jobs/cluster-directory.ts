import type { Cluster, RequestBudget } from "./cluster.ts";

/** One cluster that jobs can be sent to now. */
export interface ListedCluster {
  readonly name: string;
  readonly kind: string;
  /** Another one when another cluster has taken the name, or its settings have changed. */
  readonly identity: string;
  /** How many requests it may be sent, where somebody has said so. */
  readonly budget?: RequestBudget;
}

/** The clusters that there are, which come and go while Sluice runs. */
export interface ClusterDirectory {
  /** Sorted by name. Asks no cluster, so it may be called every few seconds. Throws `CONFIG_INVALID`. */
  list(): Promise<readonly ListedCluster[]>;
  /** Opens one of them. Throws `CLUSTER_NOT_FOUND`, `CLUSTER_NOT_RUNNING`. */
  open(name: string): Promise<Cluster>;
  /** The one that takes jobs where none is named; `undefined` where that would be a guess. */
  defaultName(): Promise<string | undefined>;
}
