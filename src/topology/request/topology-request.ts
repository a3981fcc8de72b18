import type { ComputeInstances } from "../graph/topology-graph.ts";
import type { ParamMap } from "../params/param-value.ts";

/** What a topology is asked for with. What was not given is `undefined`, which is another request than an empty map. */
export interface TopologyRequest {
  readonly provider: {
    /** Empty where none was named. */
    readonly name: string;
    /** Secrets; they are in no log, no answer and no id. */
    readonly creds: ParamMap | undefined;
    readonly params: ParamMap | undefined;
  };
  readonly engine: {
    /** Empty where none was named. */
    readonly name: string;
    readonly params: ParamMap | undefined;
  };
  /** The instances to place; the provider or the engine finds them where there are none. */
  readonly nodes: readonly ComputeInstances[] | undefined;
}
