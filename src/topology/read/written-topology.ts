/** A topology as a file for Slurm states it, right or wrong: what stands there, and where. */
export interface WrittenTopology {
  /** Its name in a `topology.yaml`; a `topology.conf` has none. */
  readonly name?: string;
  readonly plugin: "topology/tree" | "topology/block" | "topology/flat";
  /** Whether partitions that name no topology have this one. */
  readonly clusterDefault: boolean;
  /** In the order of the file. */
  readonly switches: readonly WrittenSwitch[];
  readonly blocks: readonly WrittenBlock[];
  /** Empty where the file states none. */
  readonly blockSizes: readonly number[];
  /** Where the topology begins, counted from 1. */
  readonly line: number;
}

export interface WrittenSwitch {
  readonly name: string;
  readonly line: number;
  /** The id that a comment above the line gives: `# switch.1.1=l1`. */
  readonly label?: string;
  readonly switches: readonly string[];
  readonly nodes: readonly string[];
}

export interface WrittenBlock {
  readonly name: string;
  readonly line: number;
  /** The domain that a comment above the line gives: `# block001=A-two`. */
  readonly label?: string;
  readonly nodes: readonly string[];
}

/** What the reader could not make sense of. */
export interface WrittenProblem {
  readonly line: number;
  /** What stands there and is refused, and why. */
  readonly problem: string;
}

/** A file of topologies, as far as it can be read. */
export interface WrittenFile {
  readonly topologies: readonly WrittenTopology[];
  readonly problems: readonly WrittenProblem[];
}
