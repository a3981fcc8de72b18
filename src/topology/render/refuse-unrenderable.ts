import type { TopologyGraph } from "../graph/topology-graph.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import { refuseBlockName } from "./block-names.ts";
import { blockPlugin, flatPlugin, treePlugin, type PartitionTopology, type RenderConfig } from "./render-config.ts";

/** Throws `TopologyError` (400) where the graph has not what the configuration asks for, or the configuration contradicts itself. */
export function refuseUnrenderable(graph: TopologyGraph | undefined, config: RenderConfig): void {
  refuseBlockName(config.plugin, config.blockName);
  const { plugin, topologies } = config;
  if (topologies.size === 0) {
    if (plugin !== treePlugin && plugin !== blockPlugin) {
      throw refused(`unsupported topology plugin ${quoteGo(plugin)}`);
    }
    refuseMissing(graph, plugin, "");
    return;
  }
  if (plugin !== "") throw refused("plugin and topologies parameters are mutually exclusive");
  for (const [name, topology] of [...topologies].toSorted(([a], [b]) => compareBytes(a, b))) {
    refuseTopology(graph, name, topology);
  }
}

function refuseTopology(graph: TopologyGraph | undefined, name: string, topology: PartitionTopology): void {
  const { plugin, nodes, blockName } = topology;
  const quoted = quoteGo(name);
  refuseBlockName(plugin, blockName, `topology ${quoted}: `);
  if (plugin === flatPlugin) return;
  if (plugin !== treePlugin && plugin !== blockPlugin) {
    throw refused(`unsupported topology plugin ${quoteGo(plugin)} for topology ${quoted}`);
  }
  refuseMissing(graph, plugin, ` for topology ${quoted}`);
  if (nodes.length === 0) throw refused(`topology ${quoted} specifies no nodes`);
}

function refuseMissing(graph: TopologyGraph | undefined, plugin: string, forTopology: string): void {
  if (plugin === treePlugin) {
    if (graph?.root === undefined) throw refused(`missing tree topology${forTopology}`);
    return;
  }
  if (graph?.domains === undefined) throw refused(`missing block topology${forTopology}`);
  if (graph.domains.size === 0) throw refused(`block topology${forTopology} contains no accelerator domains`);
}

function refused(message: string): TopologyError {
  return new TopologyError(400, message);
}
