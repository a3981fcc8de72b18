/** What is to be written of a graph, with every list of nodes known. */
export interface RenderConfig {
  /** `topology/tree` or `topology/block`; empty where there are `topologies`. */
  readonly plugin: string;
  /** Nodes in a block and in each level of blocks above it; empty where they follow from the domains. */
  readonly blockSizes: readonly number[];
  readonly blockName?: BlockNameRule;
  /** One topology each, by name; YAML is written where there is any. */
  readonly topologies: ReadonlyMap<string, PartitionTopology>;
  /** Whether runs of names are written as ranges: `n[1-3]`. */
  readonly compress: boolean;
}

export interface PartitionTopology {
  /** `topology/tree`, `topology/block` or `topology/flat`. */
  readonly plugin: string;
  readonly blockSizes: readonly number[];
  readonly blockName?: BlockNameRule;
  readonly clusterDefault: boolean;
  /** Names and ranges of names. */
  readonly nodes: readonly string[];
}

/** How blocks get names from those of their nodes. */
export interface BlockNameRule {
  /** In the syntax of RE2; need not match a whole name. */
  readonly nodeNameRegexp: string;
  /** A template of Go's `regexp.Expand`: `rack-${1}`. */
  readonly format: string;
}

/** The values of `plugin`, as Slurm's `TopologyPlugin` has them. */
export const treePlugin = "topology/tree";
export const blockPlugin = "topology/block";
export const flatPlugin = "topology/flat";
