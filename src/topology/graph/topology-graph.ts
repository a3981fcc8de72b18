/**
 * The canonical graph between providers and engines: switches in a tree, nodes at its ends, accelerator domains beside it.
 * Providers build it, engines render it; neither knows the other.
 */
export interface TopologyGraph {
  /** A root that is never shown (its id is empty), over the roots of the fabric; absent where a provider knows no tree. */
  readonly root?: Vertex;
  /** By domain, then by node name; absent where no node has a domain. */
  readonly domains?: DomainMap;
  /** What is known of each instance by its id, for output that lists instances; absent where a provider supplies none. */
  readonly instances?: ReadonlyMap<string, GraphInstance>;
}

/** A switch, or a node: what has no children is a node. */
export interface Vertex {
  /** The switch's id, or the node's instance id. */
  readonly id: string;
  /** The node's name; of a switch the name that is shown in place of its id, empty where it has none. */
  readonly name: string;
  /** By id; empty for a node. */
  readonly children: ReadonlyMap<string, Vertex>;
}

export type DomainMap = ReadonlyMap<string, ReadonlyMap<string, DomainHost>>;

/** A node's place in an accelerator domain. */
export interface DomainHost {
  readonly domain: string;
  readonly subDomain?: string;
  readonly instanceId: string;
  readonly nodeName: string;
}

export interface GraphInstance {
  readonly id: string;
  /** Switches closest first, by the names that are shown; `null` where a provider lists instances without a tree. */
  readonly networkLayers: readonly string[] | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a provider has learnt of one instance, before the graph is built of it. */
export interface InstanceTopology {
  readonly instanceId: string;
  /** Ids of switches closest first: leaf, spine, core. Empty ids are passed over, without moving the tiers above them. */
  readonly tiers: readonly string[];
  readonly domain?: string;
  readonly subDomain?: string;
  /** Labels of the instance, where the provider has more than its place; makes the instance part of `graph.instances`. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The instances of one region that a graph is asked for: names of nodes by instance id. */
export interface ComputeInstances {
  readonly region: string;
  readonly instances: ReadonlyMap<string, string>;
}

/** The switch that takes instances of which no place is known. */
export const noTopology = "no-topology";
