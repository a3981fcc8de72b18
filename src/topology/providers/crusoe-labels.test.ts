import { describe, expect, test } from "vitest";
import type { InstanceTopology } from "../graph/topology-graph.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { crusoeOptions, crusoeTopology, type CrusoeNode, type CrusoeOptions } from "./crusoe-labels.ts";

const node = (instanceId: string, partition?: string, pod?: string, clique?: string): CrusoeNode => ({
  instanceId,
  labels: {
    ...(partition !== undefined && { "crusoe.ai/ib.partition.id": partition }),
    ...(pod !== undefined && { "crusoe.ai/pod.id": pod }),
    ...(clique !== undefined && { "nvidia.com/gpu.clique": clique }),
  },
});
const [plain, newer]: readonly [CrusoeOptions, CrusoeOptions] = [
  { rootSwitch: undefined, cpuFallback: false },
  { rootSwitch: "crusoe", cpuFallback: true },
];

function topology(nodes: readonly CrusoeNode[], options = plain, instances?: Readonly<Record<string, string>>) {
  const marks: string[] = [];
  const request = instances === undefined ? [] : [{ region: "local", instances: new Map(Object.entries(instances)) }];
  const metrics = {
    mark: (_: string, { outcome = "" }: Readonly<Record<string, string>>) => marks.push(outcome),
    observe: () => undefined,
  };
  return { found: crusoeTopology(nodes, request, options, metrics), marks };
}

describe("a node of a Crusoe cluster", () => {
  test.each<[string, CrusoeNode, Partial<InstanceTopology> | undefined, Partial<InstanceTopology>]>([
    ["with InfiniBand", node("n", "p", "d"), { tiers: ["d", "p"] }, { tiers: ["d", "p", "crusoe"] }],
    ["with blanks around its labels", node("n", " p\t", " d "), { tiers: ["d", "p"] }, { tiers: ["d", "p", "crusoe"] }],
    ["without labels", node("n"), undefined, { tiers: ["cpu-pod", "cpu-partition", "crusoe"] }],
    ["with a partition and no pod", node("n", "p"), undefined, { tiers: ["cpu-pod", "cpu-partition", "crusoe"] }],
    [
      "with a pod and no partition",
      node("n", undefined, "d"),
      undefined,
      { tiers: ["cpu-pod", "cpu-partition", "crusoe"] },
    ],
    ["with a blank pod", node("n", "p", "  "), undefined, { tiers: ["cpu-pod", "cpu-partition", "crusoe"] }],
    [
      "with NVLink",
      node("n", "p", "d", " u.1 "),
      { tiers: ["d", "p"], domain: "u.1" },
      { tiers: ["d", "p", "crusoe"], domain: "u.1" },
    ],
    [
      "with NVLink and without InfiniBand",
      node("n", undefined, undefined, "u.1"),
      { tiers: ["no-topology", "", ""], domain: "u.1" },
      { tiers: ["cpu-pod", "cpu-partition", "crusoe"], domain: "u.1" },
    ],
  ])("%s has its place", (_, found, inTwoTiers, inNewerForm) => {
    expect(topology([found]).found).toEqual(inTwoTiers === undefined ? [] : [{ instanceId: "n", ...inTwoTiers }]);
    expect(topology([found], newer).found).toEqual([{ instanceId: "n", ...inNewerForm }]);
  });

  test("takes its clique from elsewhere only where its labels tell none", () => {
    const [labelled, bare] = [node("a", "p", "d", "own"), node("b", "p", "d")];
    const { found } = topology([
      { ...labelled, clique: "other" },
      { ...bare, clique: "other" },
    ]);
    expect(found.map(({ domain }) => domain)).toEqual(["own", "other"]);
  });
});

describe("a request for a Crusoe cluster", () => {
  const nodes = [node("a", "p", "d"), node("b", "p", "d"), node("c")];

  test("is for all nodes where it names none, and counts what was found", () => {
    expect(topology(nodes)).toMatchObject({ marks: ["infiniband", "infiniband", "no_infiniband"] });
    expect(topology(nodes, plain, {}).found.map(({ instanceId }) => instanceId)).toEqual(["a", "b"]);
  });

  test("is for the nodes that it names", () => {
    const { found, marks } = topology(nodes, newer, { b: "b", c: "c", absent: "absent" });
    expect(found.map(({ instanceId }) => instanceId)).toEqual(["b", "c"]);
    expect(marks).toEqual(["skipped", "infiniband", "no_infiniband"]);
  });

  test("is answered where its nodes have no labels", () => {
    expect(topology(nodes, plain, { c: "c" }).found).toEqual([]);
  });

  test("fails for good where none of its nodes is there", () => {
    expect(() => topology(nodes, plain, { absent: "x" })).toThrow(
      expect.objectContaining({ status: 404, message: "no requested nodes found among 3 selected nodes" }),
    );
    expect(() => topology([])).toThrow(
      expect.objectContaining({ status: 404, message: "no requested nodes found among 0 selected nodes" }),
    );
  });

  test("may not name two regions", () => {
    const region = { region: "r", instances: new Map([["a", "a"]]) };
    const metrics = { mark: () => undefined, observe: () => undefined };
    expect(() => crusoeTopology(nodes, [region, region], plain, metrics)).toThrow(
      expect.objectContaining({ status: 400, message: "crusoe does not support multi-region topology requests" }),
    );
  });
});

test.each([
  [{}, plain],
  [{ rootSwitch: null, cpuFallback: null }, plain],
  [{ rootSwitch: false }, plain],
  [{ rootSwitch: "" }, plain],
  [{ rootSwitch: "false" }, plain],
  [{ rootSwitch: true, cpuFallback: true }, newer],
  [{ ROOTSWITCH: "true", cpuFallback: "true" }, newer],
  [{ rootSwitch: "top" }, { rootSwitch: "top", cpuFallback: false }],
])("options are read from %j", (given, options) => {
  expect(crusoeOptions(toParamMap(given))).toEqual(options);
});
