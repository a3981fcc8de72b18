import type { SwitchSpec } from "../../schema/cluster-spec.ts";
import { layoutTree } from "../../topology/graph/layout-tree.ts";
import { graphOfWritten } from "../../topology/read/written-graph.ts";
import type { WrittenTopology } from "../../topology/read/written-topology.ts";
import { renderTree } from "../../topology/render/tree.ts";
import { header } from "./header.ts";

/** topology.conf(5) for a test cluster. Throws `CONFIG_INVALID` for switches that are no tree. */
export function writeTopologyConf(cluster: string, switches: readonly SwitchSpec[]): string {
  const tree = renderTree(layoutTree(graphOfWritten(topologyOfSwitches(switches))));
  return `${header(cluster, "topology.conf(5)").join("\n")}\n\n${tree}`;
}

/** Switches as if they stood in a file, one on each line where it is not said on which. */
export function topologyOfSwitches(specs: readonly SwitchSpec[], lines: readonly number[] = []): WrittenTopology {
  return {
    plugin: "topology/tree",
    clusterDefault: true,
    line: 1,
    blocks: [],
    blockSizes: [],
    switches: specs.map(({ name, switches = [], nodes = [] }, i) => ({
      name,
      line: lines[i] ?? i + 1,
      switches,
      nodes,
    })),
  };
}
