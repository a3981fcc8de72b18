import type { SluiceError } from "../errors.ts";
import type { Capability, Cluster, RequestBudget } from "./cluster.ts";
import type { Caller } from "./job-service.ts";
import type { RunAs } from "./run-as.ts";

/** One cluster that jobs can be sent to now. */
export interface ListedCluster {
  readonly name: string;
  readonly kind: string;
  /** What it can do, where that is known without asking it. */
  readonly capabilities?: readonly Capability[];
  /** Another one when another cluster has taken the name, or its settings have changed. */
  readonly identity: string;
  /** How many requests it may be sent, where somebody has said so. */
  readonly budget?: RequestBudget;
  /** Set where it is reached over a network, so that folders of this machine are not there. */
  readonly isRemote?: boolean;
  /** ISO 8601: jobs that were accepted before were for another cluster of this name, which is gone. */
  readonly since?: string;
  /** Why it takes no jobs now and what helps, where that is known without asking it. */
  readonly problem?: SluiceError;
}

/** The clusters that there are, which come and go while Sluice runs. */
export interface ClusterDirectory {
  /** Sorted by name. Asks no cluster, so it may be called every few seconds. Throws `CONFIG_INVALID`. */
  list(): Promise<readonly ListedCluster[]>;
  /**
   * Opens one of them, as a Unix user there or as whoever Sluice itself is there: commands are run, files read and written
   * as that one. Throws `CLUSTER_NOT_FOUND`, `CLUSTER_NOT_RUNNING`, and `FORBIDDEN` for a user that this process cannot be.
   */
  open(name: string, user?: string): Promise<Cluster>;
  /**
   * As whom the caller's jobs run on one of them; absent where all run as Sluice itself. Throws `FORBIDDEN` for a caller whose
   * jobs may not run there.
   */
  runAs?(name: string, caller: Caller): Promise<RunAs>;
  /** The one that takes jobs where none is named; `undefined` where that would be a guess. */
  defaultName(): Promise<string | undefined>;
}
