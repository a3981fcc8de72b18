import { describe, expect, test } from "vitest";
import { buildGraph, type BuildOptions } from "./build-graph.ts";
import type { ComputeInstances, InstanceTopology } from "./topology-graph.ts";

function requestOf(...ids: readonly string[]): ComputeInstances[] {
  return [{ region: "local", instances: new Map(ids.map((id) => [id, id])) }];
}

describe("accelerator domains", () => {
  test("hold nodes by domain and name, with sub-domains where there are any", () => {
    const graph = buildGraph(
      [
        { instanceId: "i1", tiers: [], domain: "d", subDomain: "d.r1" },
        { instanceId: "i2", tiers: [], domain: "d", subDomain: "" },
        { instanceId: "i3", tiers: [], domain: "" },
      ],
      [
        {
          region: "r",
          instances: new Map([
            ["i1", "n1"],
            ["i2", "n2"],
            ["i3", "n3"],
          ]),
        },
      ],
      { trimTiers: 0 },
    );
    expect(graph.domains).toEqual(
      new Map([
        [
          "d",
          new Map([
            ["n1", { domain: "d", subDomain: "d.r1", instanceId: "i1", nodeName: "n1" }],
            ["n2", { domain: "d", instanceId: "i2", nodeName: "n2" }],
          ]),
        ],
      ]),
    );
  });

  test("are absent where no node has one", () => {
    expect(buildGraph([{ instanceId: "n1", tiers: ["l1"] }], requestOf("n1"), { trimTiers: 0 })).not.toHaveProperty(
      "domains",
    );
  });
});

describe("instances", () => {
  const domain = "accelerator.topograph.run/domain";
  const subDomain = "accelerator.topograph.run/sub-domain";
  const instancesOf = (topology: Partial<InstanceTopology>, options: Partial<BuildOptions> = {}) =>
    buildGraph([{ instanceId: "i", tiers: ["l", "", "c"], ...topology }], requestOf("i"), { trimTiers: 0, ...options })
      .instances;

  test("are those that have labels, with their tiers closest first", () => {
    expect(instancesOf({})).toBeUndefined();
    expect(instancesOf({ labels: { a: "b" } })?.get("i")).toEqual({
      id: "i",
      networkLayers: ["l", "c"],
      labels: { a: "b" },
    });
    expect(instancesOf({ labels: {}, tiers: [] })?.get("i")).toEqual({ id: "i", networkLayers: [], labels: {} });
  });

  test("have trimmed tiers, by the names that are shown", () => {
    expect(instancesOf({ labels: {} }, { trimTiers: 1, normalise: true })?.get("i")?.networkLayers).toEqual([
      "switch.1.1",
    ]);
  });

  test.each([
    [{}, { domain: "d", subDomain: "s" }, { [domain]: "d", [subDomain]: "s" }],
    [{ [domain]: "own" }, { domain: "d", subDomain: "s" }, { [domain]: "own", [subDomain]: "s" }],
    [
      { [domain]: "", [subDomain]: "own" },
      { domain: "d", subDomain: "s" },
      { [domain]: "d", [subDomain]: "own" },
    ],
    [{}, { subDomain: "s" }, {}],
  ])("with labels %j in %j have %j", (labels, place, expected) => {
    expect(instancesOf({ ...place, labels })?.get("i")?.labels).toEqual(expected);
  });
});
