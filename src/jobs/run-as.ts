/** As whom somebody's jobs run on a cluster. */
export interface RunAs {
  /** The Unix user there; the one that Sluice itself is there where absent. */
  readonly user?: string;
  /** The Slurm accounts that jobs may name, the one of those that name none first; any where absent. */
  readonly accounts?: readonly [string, ...string[]];
}
