import { expect, test } from "vitest";
import { layoutTree } from "../graph/layout-tree.ts";
import { modelGraph } from "./model-graph.ts";
import { readModel } from "./read-model.ts";

const text = `
switches:
  core: {switches: [leaf, empty, mid]}
  mid: {switches: [deep]}
  lonely: {}
blocks:
- {switch: leaf, nodes: [n1, n2], annotations: {accelerator.topology.test/domain: d, accelerator.topology.test/sub-domain: s}}
- {switch: core, nodes: [n3], annotations: {accelerator.topology.test/domain: d}}
- {nodes: [n4], labels: {own: x}}
- {switch: deep, nodes: [n5]}
`;

test("the graph of a model has its switches, but for those without nodes, and its domains and instances", async () => {
  const graph = modelGraph(await readModel(text, "F"), (name) => `i-${name}`);
  const { switches, nodes } = layoutTree(graph);
  expect(switches.map(({ id, parent }) => [id, parent?.id])).toEqual([
    ["core", undefined],
    ["leaf", "core"],
    ["mid", "core"],
    ["deep", "mid"],
  ]);
  expect(nodes.map(({ instanceId, name, parent }) => [instanceId, name, parent?.id])).toEqual([
    ["i-n3", "n3", "core"],
    ["i-n1", "n1", "leaf"],
    ["i-n2", "n2", "leaf"],
    ["i-n5", "n5", "deep"],
  ]);
  expect(graph.domains?.get("d")?.get("n1")).toEqual({
    domain: "d",
    subDomain: "s",
    instanceId: "i-n1",
    nodeName: "n1",
  });
  expect([...(graph.domains?.get("d")?.keys() ?? [])]).toEqual(["n1", "n2", "n3"]);
  expect(graph.instances?.get("i-n1")).toEqual({
    id: "i-n1",
    networkLayers: ["leaf", "core"],
    labels: { "topology.kubernetes.io/region": "none" },
  });
  expect(graph.instances?.get("i-n4")?.networkLayers).toBeNull();
});

test("the graph of an empty model has neither domains nor instances", async () => {
  const graph = modelGraph(await readModel("", "F"), (name) => name);
  expect(graph.root?.children.size).toBe(0);
  expect(graph).not.toHaveProperty("domains");
  expect(graph).not.toHaveProperty("instances");
});
