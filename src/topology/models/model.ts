/** A simulated network: what a file of `models/` describes, with everything that nodes inherit worked out. */
export interface Model {
  /** By name, in the order of the file; switches that only their parents name stand behind those that have entries. */
  readonly switches: ReadonlyMap<string, ModelSwitch>;
  /** By name, in the order of the file. */
  readonly nodes: ReadonlyMap<string, ModelPlace>;
  /** In byte order of their names. */
  readonly regions: readonly ModelRegion[];
}

export interface ModelSwitch {
  readonly name: string;
  readonly parent: string | undefined;
  readonly children: readonly string[];
  /** Names of the nodes that hang off it directly. */
  readonly nodes: readonly string[];
}

/** What a model says of a node. Nodes of one block share it. */
export interface ModelPlace {
  /** Names of switches closest first; empty for a node that hangs off none. */
  readonly tiers: readonly string[];
  /** Those of the block and of the switches above it, of which a nearer one counts more; always with a region. */
  readonly labels: Readonly<Record<string, string>>;
  /** Input of simulations, inherited as labels are, and never shown. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The accelerator domain: the annotation `accelerator.topology.test/domain`. */
  readonly domain: string | undefined;
  /** The annotation `accelerator.topology.test/sub-domain`. */
  readonly subDomain: string | undefined;
}

export interface ModelRegion {
  readonly region: string;
  /** Names of nodes. */
  readonly nodes: readonly string[];
}

/** The label that says in which region a node stands. */
export const regionLabel = "topology.kubernetes.io/region";
/** The label that says in which zone of its region a node stands. */
export const zoneLabel = "topology.kubernetes.io/zone";
export const domainAnnotation = "accelerator.topology.test/domain";
export const subDomainAnnotation = "accelerator.topology.test/sub-domain";
