import type { TopologyGraph } from "../graph/topology-graph.ts";
import type { RenderConfig } from "./render-config.ts";

export interface RenderOptions {
  /** Without the nodes: what stays true when nodes come and go. */
  readonly skeleton?: boolean;
}

/** A topology as Slurm reads it, and the place of each node in it. */
export interface RenderedTopology {
  /** The file. */
  readonly text: string;
  /**
   * The place of a node as the annotation `topology.slinky.slurm.net/spec` gives it: `default:block002`,
   * `default:core:spine:leaf`, `t1:core:leaf,t2:block2`; empty for a node that is not in the graph.
   */
  nodeSpec(nodeName: string): string;
}

/**
 * Writes a graph for Slurm: `topology.conf` with a tree or with blocks, or `topology.yaml` where there are topologies.
 * Throws `TopologyError` (400) for a graph or a configuration of which nothing can be written.
 */
export async function renderTopology(
  graph: TopologyGraph | undefined,
  config: RenderConfig,
  options: RenderOptions = {},
): Promise<RenderedTopology> {
  void graph;
  void config;
  void options;
  return await Promise.reject(new Error("not written yet"));
}
