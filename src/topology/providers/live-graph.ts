import { buildGraph } from "../graph/build-graph.ts";
import type { ComputeInstances, InstanceTopology, TopologyGraph } from "../graph/topology-graph.ts";
import type { TopologyHost } from "../topology-host.ts";

/** How a provider wants its graph. */
export interface LiveGraphOptions {
  /** As requests and metrics name the provider. */
  readonly provider: string;
  readonly trimTiers: number;
  /** Switches are shown by names of their own, as ids of Oracle Cloud are too long for people. */
  readonly normalise?: boolean;
}

/** The graph of what a live provider has learnt; every requested instance that it knows nothing of is told by a metric. */
export function liveGraph(
  topologies: readonly InstanceTopology[],
  request: readonly ComputeInstances[],
  { provider, trimTiers, normalise = false }: LiveGraphOptions,
  { metrics }: Pick<TopologyHost, "metrics">,
): TopologyGraph {
  const onMissing = (node: string): void => metrics.mark("topograph_missing_topology", { provider, node });
  return buildGraph(topologies, request, { trimTiers, normalise, onMissing });
}
