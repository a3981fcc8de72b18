import { describe, expect, test } from "vitest";
import { graphOf } from "../../../test/topology-graphs.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import { TopologyError } from "../topology-error.ts";
import { domainBlocks } from "./domain-blocks.ts";
import { cutTopologies, type TopologyUnit } from "./partition-topologies.ts";

describe("topologies together", () => {
  const graph = graphOf({ leaf: "n[1-6]" }, { d: "n[1-6]" });
  const layout = layoutTree(graph);
  const domains = domainBlocks(graph.domains ?? new Map(), undefined);
  const cut = async (entry: object, limits: { readonly mostBlocks: number; readonly mostNames: number }) => {
    const topology = { plugin: "topology/tree", nodes: ["n[1-6]"], blockSizes: [], clusterDefault: false, ...entry };
    const topologies = new Map(["a", "b", "c"].map((name) => [name, topology]));
    const units: TopologyUnit[] = [];
    const whole = { layout, domains: () => domains, isKnown: () => true, ...limits };
    for await (const unit of cutTopologies(topologies, whole)) units.push(unit);
    return units;
  };

  test("may name so many nodes, however few there are", async () => {
    expect(await cut({}, { mostBlocks: 1, mostNames: 18 })).toHaveLength(3);
    await expect(cut({}, { mostBlocks: 1, mostNames: 17 })).rejects.toEqual(
      new TopologyError(400, 'topology "c": all topologies together name more than 17 nodes'),
    );
  });

  test("may have so many blocks", async () => {
    const blocks = { plugin: "topology/block", blockSizes: [1, 8] };
    expect(await cut(blocks, { mostBlocks: 24, mostNames: 100 })).toHaveLength(3);
    await expect(cut(blocks, { mostBlocks: 23, mostNames: 100 })).rejects.toEqual(
      new TopologyError(400, 'topology "c": blockSizes 1,8 would need 8 blocks for 6 nodes; at most 7 can be written'),
    );
  });
});
