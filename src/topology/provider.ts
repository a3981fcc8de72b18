import type { ComputeInstances, TopologyGraph } from "./graph/topology-graph.ts";
import type { ParamMap } from "./params/param-value.ts";
import type { ParamTable } from "./params/param-table.ts";
import type { TopologyHost } from "./topology-host.ts";

/** What a provider is opened with; a provider never logs or shows a credential. */
export interface ProviderSettings {
  readonly creds: ReadonlyMap<string, string>;
  readonly params: ParamMap;
}

/** One way to learn where instances stand. A file of `providers/` each, and a line in the registry. */
export interface ProviderKind {
  /** As requests name it: `aws`, `crusoe-sim`. */
  readonly kind: string;
  /** One sentence for people: where the topology comes from. */
  readonly summary: string;
  readonly params: ParamTable;
  /** Names of credentials and what each is; empty where none are taken. */
  readonly creds: Readonly<Record<string, string>>;
  /** Refuses a request before anything waits for it; the answer to its POST. Throws `TopologyError`. */
  admit?(params: ParamMap): void;
  /** Checks parameters and credentials. Throws `TopologyError`. */
  open(settings: ProviderSettings, host: TopologyHost, signal: AbortSignal): Promise<Provider>;
}

/** Every method throws `TopologyError`, whose status says whether the request is tried again, and ends with the signal. */
export interface Provider {
  /** The instances that the provider itself knows, where a request names none; authoritative, also where it is empty. */
  computeInstances?(signal: AbortSignal): Promise<readonly ComputeInstances[]>;
  /** What there is to look at, for people who name no instances. An engine does not go by it, but finds its own. */
  visibleInstances?(signal: AbortSignal): Promise<readonly ComputeInstances[]>;
  /** For engines that know names of nodes alone: the instance ids and regions of these nodes. */
  readonly instanceMapper?: InstanceMapper;
  graph(request: GraphRequest, signal: AbortSignal): Promise<TopologyGraph>;
}

export interface GraphRequest {
  readonly instances: readonly ComputeInstances[];
  /** Instances in one page of a source that has pages; the provider's own where left out. */
  readonly pageSize?: number;
}

export interface InstanceMapper {
  /** Names of nodes by instance id. */
  nodesByInstance(nodes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Regions by name of node. */
  regionsByNode(nodes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}
