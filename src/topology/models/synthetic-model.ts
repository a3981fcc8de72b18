/** The size and shape of a made-up network. */
export interface SyntheticModelOptions {
  readonly nodes: number;
  /** Nodes of one leaf switch; 32 where left out. */
  readonly nodesPerLeaf?: number;
  /** Leaf switches under one spine; 16 where left out. With more tiers, the switches of each under one of the next. */
  readonly leavesPerSpine?: number;
  /** Tiers of switches, the top one a single switch; 3 where left out (leaf, spine, core). */
  readonly tiers?: number;
  /** Nodes of one accelerator domain; none where left out. */
  readonly domainSize?: number;
  /** Sub-domains that a domain is cut into; none where left out. */
  readonly subDomains?: number;
  /** The regions that nodes are spread over, by the top tiers' branches; one, named `local`, where left out. */
  readonly region?: string;
}

/** A model of that many nodes as YAML with bracket ranges, the same text for the same options. Throws `SluiceError` `INPUT_INVALID`. */
export function syntheticModel(options: SyntheticModelOptions): string {
  throw new Error(`no model of ${options.nodes} nodes`);
}
