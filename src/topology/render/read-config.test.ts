import { describe, expect, test } from "vitest";
import { decodeParams } from "../params/decode-params.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { TopologyError } from "../topology-error.ts";
import { partitionTopologyParams, slurmOutputParams } from "./output-params.ts";
import { readRenderConfig } from "./read-config.ts";
import type { RenderConfig } from "./render-config.ts";

const table = { ...slurmOutputParams, topologies: { type: { mapOf: partitionTopologyParams }, doc: "" } } as const;

/** Partitions that Slurm is asked for are noted; it knows `p` and `none`, and prints nothing of others. */
async function read(params: object): Promise<{ readonly config: RenderConfig; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const decoded = decodeParams(table, toParamMap(params));
  const config = await readRenderConfig(decoded, decoded.topologies, (partition) => {
    asked.push(partition);
    const nodes = new Map([
      ["p", "n[1-3],x"],
      ["none", "NONE"],
    ]).get(partition);
    return Promise.resolve(nodes === undefined ? "" : `PartitionName=${partition}\n   Nodes=${nodes}\n`);
  });
  return { config, asked };
}

test("parameters are as they are given, in any spelling that Topograph reads", async () => {
  const { config } = await read({ PLUGIN: "topology/block", blockSizes: ["2", 4.9], compress: "false" });
  expect(config).toEqual({ plugin: "topology/block", blockSizes: [2, 4], topologies: new Map(), compress: false });
});

test("what is not given is empty, and names are written as ranges", async () => {
  const { config } = await read({ blockSizes: null, blockName: null, topologies: {} });
  expect(config).toEqual({ plugin: "", blockSizes: [], topologies: new Map(), compress: true });
});

describe("the nodes of a topology", () => {
  test("are those that it names, also none", async () => {
    const { config, asked } = await read({
      topologies: {
        b: { plugin: "topology/tree", nodes: ["n[1-2]", "x"], partition: "p", clusterDefault: true },
        a: { plugin: "topology/block", nodes: [], blockSizes: [8], blockName: { nodeNameRegexp: "n", format: "m" } },
      },
    });
    expect(asked).toEqual([]);
    expect([...config.topologies]).toEqual([
      [
        "a",
        {
          plugin: "topology/block",
          blockSizes: [8],
          blockName: { nodeNameRegexp: "n", format: "m" },
          clusterDefault: false,
          nodes: [],
        },
      ],
      ["b", { plugin: "topology/tree", blockSizes: [], clusterDefault: true, nodes: ["n[1-2]", "x"] }],
    ]);
  });

  test("are those of its partition otherwise", async () => {
    const { config, asked } = await read({
      topologies: {
        t2: { plugin: "topology/flat", partition: "none" },
        t1: { plugin: "topology/tree", partition: "p" },
      },
    });
    expect(asked).toEqual(["p", "none"]);
    expect([...config.topologies.values()].map(({ nodes }) => nodes)).toEqual([["n[1-3]", "x"], []]);
  });

  test("are not asked for where it is flat and the default", async () => {
    const { asked } = await read({ topologies: { t: { plugin: "topology/flat", clusterDefault: true } } });
    expect(asked).toEqual([]);
  });
});

test.each([
  [400, { blockSizes: [4, 6] }, "blockSizes[1]=6 must be a multiple of blockSizes[0]=4"],
  [400, { plugin: "topology/tree", blockSizes: [0] }, "blockSizes[0]=0 must be positive"],
  [400, { blockName: {} }, "blockName.nodeNameRegexp must not be empty"],
  [400, { blockName: { nodeNameRegexp: "a" } }, "blockName.format must not be empty"],
  [400, { topologies: { t: { blockSizes: [0] } } }, 'topology "t": blockSizes[0]=0 must be positive'],
  [
    400,
    { topologies: { t: { blockName: { nodeNameRegexp: "(", format: "a" } } } },
    'topology "t": invalid blockName.nodeNameRegexp "(": error parsing regexp: missing closing ): `(`',
  ],
  [400, { topologies: { t: null } }, 'topology "t": nil entry'],
  [500, { topologies: { t: { plugin: "topology/tree" } } }, "missing partition name"],
  [500, { topologies: { t: { plugin: "topology/flat" } } }, "missing partition name"],
  [
    400,
    { topologies: { t: { plugin: "topology/tree", partition: "-Mother" } } },
    'partition "-Mother" begins with a dash',
  ],
  [500, { topologies: { t: { plugin: "topology/tree", partition: "P" } } }, 'partition "P" has no nodes'],
  [
    500,
    { topologies: { t: { plugin: "topology/flat", clusterDefault: true, partition: "P" } } },
    'partition "P" has no nodes',
  ],
])("%i for %j: %s", async (status, params, text) => {
  await expect(read(params)).rejects.toEqual(new TopologyError(status, text));
});
