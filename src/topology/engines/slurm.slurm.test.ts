import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startController, type LoneController } from "../../../test/lone-controller.ts";
import { recordingHost } from "../../../test/recording-host.ts";
import { graphOf } from "../../../test/topology-graphs.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import type { TopologyGraph } from "../graph/topology-graph.ts";
import { expandNames } from "../names/expand-names.ts";
import { toParamMap } from "../params/to-param-map.ts";
import type { Provider } from "../provider.ts";
import { parsePartitionNodes } from "../render/partition-nodes.ts";
import { TopologyError } from "../topology-error.ts";
import { slurmEngine } from "./slurm.ts";

const nodes = ["m[1-16]", "gpu-[01-06]", "cpu-[01-02]", "[1101-1102]"];
let controller: LoneController;

beforeAll(async () => {
  controller = await startController({
    nodes,
    partitions: ["PartitionName=some Nodes=m[1-3],gpu-[01-02]", "PartitionName=none"],
  });
});

afterAll(() => controller[Symbol.asyncDispose]());

async function openEngine(params: object) {
  const host = recordingHost({ runner: createLocalRunner({ env: controller.env }) });
  const signal = new AbortController().signal;
  const engine = await slurmEngine.open(toParamMap(params), host, signal);
  return {
    output: (graph: TopologyGraph) => engine.output(graph, signal),
    resolve: (provider: Provider) => engine.resolve([], provider, signal),
  };
}

/** The tree that Slurm has: switches or, where there are none, nodes by name of switch. */
async function treeOfSlurm(): Promise<Readonly<Record<string, readonly string[]>>> {
  const shown = await controller.scontrol("show", "topology");
  return Object.fromEntries(
    shown
      .split("\n")
      .filter((line) => line.startsWith("SwitchName="))
      .map((line) => {
        const [, name = ""] = /^SwitchName=(\S+)/.exec(line) ?? [];
        const [, members = ""] = / Switches=(\S+)/.exec(line) ?? / Nodes=(\S+)/.exec(line) ?? [];
        return [name, namesIn(members)];
      }),
  );
}

function namesIn(list: string): readonly string[] {
  return expandNames(parsePartitionNodes("", ` Nodes=${list}`)).toSorted();
}

function treeOf(graph: TopologyGraph): Readonly<Record<string, readonly string[]>> {
  const shown = ({ id, name }: { readonly id: string; readonly name: string }) => (name === "" ? id : name);
  return Object.fromEntries(
    layoutTree(graph).switches.map((at) => [
      shown(at),
      (at.switches.length > 0 ? at.switches.map(shown) : at.nodes.map(({ name }) => name)).toSorted(),
    ]),
  );
}

function displayed(graph: TopologyGraph): TopologyGraph {
  const root = graph.root;
  if (root === undefined) return graph;
  const children = Array.from(
    root.children,
    ([id, vertex], index) => [id, { ...vertex, name: `switch.1.${index + 1}` }] as const,
  );
  return { root: { ...root, children: new Map(children) } };
}

describe("a real controller", () => {
  test.each<{ which: string; graph: TopologyGraph; params?: object }>([
    {
      which: "of three levels",
      graph: graphOf({ core: { s1: { l1: "m[1-4]", l2: "m[5-8]" }, s2: { l3: "m[9-16]" } } }),
    },
    {
      which: "of several roots, one without a known place",
      graph: graphOf({ a: "m[1-3] m[5-7]", b: "m4 gpu-02", "no-topology": "m8" }),
    },
    {
      which: "of one leaf under other depths",
      graph: graphOf({ core: { l1: "m1", s1: { l2: "m2", s2: { l3: "m3" } } } }),
    },
    {
      which: "with names of many kinds",
      graph: graphOf({
        "29d9a0b8-948d-4a61-8b9e-fbbbf06c521b.32766": { "a/b:c+d@e": "gpu-[01-03] m[8-11]", "blök-😀": "cpu-[01-02]" },
      }),
    },
    { which: "of nodes and switches that are numbers", graph: graphOf({ 7: { 70: "1101", 71: "1102" } }) },
    { which: "with names in place of ids", graph: displayed(graphOf({ x: "m[1-2]", y: "m[3-4]" })) },
    {
      which: "with every name by itself",
      graph: graphOf({ p: { "pod-1": "gpu-[01-04]", "pod-2": "gpu-[05-06]" } }),
      params: { compress: false },
    },
    { which: "of which Slurm lacks nodes", graph: graphOf({ l1: "m[1-2]" }) },
  ])("reads a tree $which", async ({ graph, params }) => {
    const { output } = await openEngine({ ...params, topologyConfigPath: controller.topologyConf, reconfigure: true });
    expect(await output(graph)).toBe("OK\n");
    expect(await treeOfSlurm()).toEqual(treeOf(graph));
  });

  test("reads a tree without switches, and starts with what it was given last", async () => {
    const { output } = await openEngine({ topologyConfigPath: controller.topologyConf, reconfigure: true });
    await output(graphOf({ "": "m[1-16]" }));
    await controller.restart();
    expect(await treeOfSlurm()).toEqual({});

    const graph = graphOf({ core: { l1: "m[1-8]", l2: "m[9-16] 1101" } });
    await output(graph);
    await controller.restart();
    expect(await treeOfSlurm()).toEqual(treeOf(graph));
  });

  test("is not given a tree that it would end on", async () => {
    const graph = graphOf({ core: { "": "m9", l1: "m[1-8]" } });
    const { output } = await openEngine({ topologyConfigPath: controller.topologyConf, reconfigure: true });
    const before = await readFile(controller.topologyConf, "utf8");
    await expect(output(graph)).rejects.toMatchObject({ status: 400 });
    expect(await readFile(controller.topologyConf, "utf8")).toBe(before);

    const topology = await (await openEngine({})).output(graph);
    await expect(startController({ nodes, topology })).rejects.toThrow("Switch (core) has already been defined");
  });

  test.each(["a b", "a#b"])("is not given a switch of the name %j", async (name) => {
    const graph = graphOf({ [name]: "m1" });
    const { output } = await openEngine({ topologyConfigPath: controller.topologyConf, reconfigure: true });
    await expect(output(graph)).rejects.toMatchObject({ status: 400 });
    const topology = await (await openEngine({})).output(graph);
    await expect(startController({ nodes, topology })).rejects.toThrow("switch a has neither child switches nor nodes");
  });

  test("of Slurm 22.05 has no plugin for blocks, which came with 23.11", async () => {
    const params = { plugin: "topology/block", blockSizes: [4, 8] };
    const topology = await (await openEngine(params)).output(graphOf(undefined, { d: "m[1-8]" }));
    await expect(startController({ nodes, topologyPlugin: "topology/block", topology })).rejects.toThrow(
      "cannot find topo plugin for topology/block",
    );
  });

  test("tells its nodes to a provider that knows their instances", async () => {
    const { resolve } = await openEngine({});
    const provider: Provider = {
      graph: () => Promise.reject(new Error("no graph is asked for")),
      instanceMapper: {
        nodesByInstance: (names) => Promise.resolve(new Map(names.map((name) => [`i-${name}`, name]))),
        regionsByNode: (names) => Promise.resolve(new Map(names.map((name) => [name, "here"]))),
      },
    };
    const [instances, ...others] = await resolve(provider);
    expect(others).toEqual([]);
    expect([...(instances?.instances.values() ?? [])].toSorted()).toEqual(expandNames(nodes).toSorted());
  });

  test("tells the nodes of its partitions", async () => {
    const topologies = {
      t1: { plugin: "topology/tree", partition: "some" },
      t2: { plugin: "topology/block", partition: "some" },
      t3: { plugin: "topology/flat", partition: "none" },
    };
    const graph = graphOf({ l1: "m[1-16]", l2: "gpu-[01-06]" }, { d1: "m[1-16]", d2: "gpu-[01-06]" });
    expect(await (await openEngine({ topologies })).output(graph)).toBe(
      `- topology: t1
  cluster_default: false
  tree:
    switches:
        - switch: l1
          nodes: m[1-3]
        - switch: l2
          nodes: gpu-[01-02]
- topology: t2
  cluster_default: false
  block:
    block_sizes:
        - 2
        - 4
    blocks:
        - block: block1
          nodes: m[1-3]
        - block: block2
          nodes: gpu-[01-02]
- topology: t3
  cluster_default: false
  flat: true
`,
    );
  });

  test("says which partition it does not have", async () => {
    const { output } = await openEngine({ topologies: { t: { plugin: "topology/tree", partition: "nosuch" } } });
    await expect(output(graphOf({ l1: "m1" }))).rejects.toBeInstanceOf(TopologyError);
    await expect(output(graphOf({ l1: "m1" }))).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/^scontrol failed: .* : exit status 1$/) as unknown,
    });
  });
});
