import { describe, expect, test } from "vitest";
import { fabricGraph } from "../../test/fabric-graph.ts";
import { networkOf, readNetwork } from "./cluster-network.ts";
import { specFromOptions } from "./create-options.ts";

const pods = fabricGraph([
  { name: "n1", tiers: ["pod-1", "top"], domain: "D" },
  { name: "n2", tiers: ["pod-1", "top"] },
  { name: "n3", tiers: ["pod-2", "top"], domain: "D" },
]);

describe("networkOf", () => {
  test("gives the switches as Slurm reads them, and the nodes with what has GPUs", () => {
    expect(networkOf(pods, "pods")).toEqual({
      switches: [
        { name: "top", switches: ["pod-1", "pod-2"] },
        { name: "pod-1", nodes: ["n1", "n2"] },
        { name: "pod-2", nodes: ["n3"] },
      ],
      nodes: [
        { name: "n1", hasDomain: true },
        { name: "n2", hasDomain: false },
        { name: "n3", hasDomain: true },
      ],
    });
  });

  test("nodes of no switch get one, as in what is generated", () => {
    const { switches, nodes } = networkOf(
      fabricGraph([
        { name: "n1", tiers: ["leaf"] },
        { name: "n2", tiers: [], domain: "D" },
      ]),
      "loose",
    );
    expect(switches).toEqual([
      { name: "leaf", nodes: ["n1"] },
      { name: "no-topology", nodes: ["n2"] },
    ]);
    expect(nodes.map(({ name }) => name)).toEqual(["n1", "n2"]);
  });

  test.each([
    [[{ name: "Node1", tiers: ["leaf"] }], 'node "Node1" of m cannot be one of a test cluster: it takes lower-case'],
    [[{ name: "n1", tiers: ["a leaf"] }], 'switch "a leaf" of m: a name takes letters, digits and signs, but no blank'],
    [[{ name: "n1", tiers: ["x".repeat(65)] }], "takes at most 64 characters"],
    [
      [
        { name: "n1", tiers: ["leaf", "top"] },
        { name: "n2", tiers: ["top"] },
      ],
      "switch top of m has both switches and nodes, which Slurm does not take",
    ],
    [
      Array.from({ length: 129 }, (_, i) => ({ name: `n${i}`, tiers: ["leaf"] })),
      "m has 129 nodes, more than the 128 that one machine is asked to carry",
    ],
  ])("refuses what no test cluster can have (%#)", (nodes, problem) => {
    expect(() => networkOf(fabricGraph(nodes), "m")).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringContaining(problem) }),
    );
  });

  test("a name that is neither a file nor a model is refused with those that there are", async () => {
    await expect(readNetwork("nowhere", "/", new AbortController().signal)).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      message: expect.stringContaining("crusoe-two-pods.yaml"),
    });
  });
});

describe("specFromOptions with a network", () => {
  const network = networkOf(pods, "pods");
  const rolesOf = (preset: string): readonly string[] =>
    specFromOptions({ name: "c", preset, network }).nodes.map(({ name, role, gpus = 0 }) => `${name} ${role} ${gpus}`);

  test("its nodes are the cluster's, with GPUs as the preset has them", () => {
    expect(rolesOf("cpu")).toEqual(["controller controller 0", "n1 compute 0", "n2 compute 0", "n3 compute 0"]);
    expect(rolesOf("gpu")).toEqual(["controller controller 0", "n1 compute 2", "n2 compute 2", "n3 compute 2"]);
    expect(rolesOf("full")).toEqual(["controller controller 0", "n2 compute 0", "n1 compute 4", "n3 compute 4"]);
    expect(specFromOptions({ name: "c", network }).topology).toEqual({ switches: network.switches });
  });

  test("counts of nodes, and a node called controller, are refused", () => {
    expect(() => specFromOptions({ name: "c", network, gpuNodes: 1 })).toThrow(
      /--gpu-nodes: cannot stand beside --topology/,
    );
    const named = networkOf(fabricGraph([{ name: "controller", tiers: ["leaf"] }]), "m");
    expect(() => specFromOptions({ name: "c", network: named })).toThrow(/a node cannot be called controller/);
  });
});
