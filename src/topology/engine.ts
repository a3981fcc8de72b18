import type { ComputeInstances, TopologyGraph } from "./graph/topology-graph.ts";
import type { ParamMap } from "./params/param-value.ts";
import type { ParamTable } from "./params/param-table.ts";
import type { Provider } from "./provider.ts";
import type { TopologyHost } from "./topology-host.ts";

/** One way to write a topology. A file of `engines/` each, and a line in the registry. */
export interface EngineKind {
  /** As requests name it: `slurm`, `k8s`. */
  readonly kind: string;
  /** One sentence for people: what is written, and for whom. */
  readonly summary: string;
  readonly params: ParamTable;
  /**
   * Whether the answer is all that an output with these parameters leaves; where left out it is not. What changes nothing
   * may be made for a request, too, that another of its id has replaced.
   */
  answersOnly?(params: ParamMap): boolean;
  /** Throws `TopologyError`. */
  open(params: ParamMap, host: TopologyHost, signal: AbortSignal): Promise<Engine>;
}

/** Every method throws `TopologyError`, and ends with the signal. */
export interface Engine {
  /** Finds the instances where neither the request nor the provider names any; hands on those that are given. */
  resolve(
    given: readonly ComputeInstances[],
    provider: Provider,
    signal: AbortSignal,
  ): Promise<readonly ComputeInstances[]>;
  /** Writes the graph where it belongs and answers with the body of the result: the bytes themselves, or `OK\n`. */
  output(graph: TopologyGraph, signal: AbortSignal): Promise<string>;
}
