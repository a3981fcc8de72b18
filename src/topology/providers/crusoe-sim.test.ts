import { describe, expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";

const small = { provider: "crusoe-sim", params: { modelFileName: "crusoe-small.yaml" } };
const upstream = { ...small, params: { ...small.params, rootSwitch: true, cpuFallback: true } };
const [partitionA, partitionB] = ["0cf47922-9f9e-4a2e-b187-5c51697e7739", "1d0e8b3a-2c47-4f16-9a55-7be3d9c4f082"];
const [podA1, podA2, podB1] = [
  "9b1c7d54-3e08-4a92-8f61-2d5a4c7b0e13",
  "4f6a2e91-8d75-4c30-b1e8-6a9c3f5d7b24",
  "7c3d9f68-5b21-4e84-a0f3-9e1b8d2c6a57",
];

describe("a Crusoe cluster has two tiers", () => {
  test("partition above pod, nodes under pods, as the requirements show it", async () => {
    const request = {
      provider: "crusoe-sim",
      params: { model_path: "crusoe-two-pods.yaml" },
      engineParams: { plugin: "topology/tree", compress: false },
    };
    expect(await generate(request)).toBe(`SwitchName=partition-1 Switches=pod-abc123,pod-def456
SwitchName=pod-abc123 Nodes=node-1,node-2,node-3,node-4
SwitchName=pod-def456 Nodes=node-5,node-6,node-7,node-8
`);
  });

  test("of the request that the requirements send, in any folder", async () => {
    const params = { model_path: "tests/models/crusoe-small.yaml" };
    const request = { provider: "crusoe-sim", params, engineParams: { plugin: "topology/tree" } };
    expect(await generate(request)).toBe(`SwitchName=${partitionA} Switches=${podA2},${podA1}
SwitchName=${partitionB} Switches=${podB1}
SwitchName=no-topology Nodes=cpu-[01-02]
SwitchName=${podA2} Nodes=gpu-[03-04]
SwitchName=${podA1} Nodes=gpu-[01-02]
SwitchName=${podB1} Nodes=gpu-[05-06]
`);
  });

  test("that can be trimmed to one", async () => {
    const params = { ...small.params, trimTiers: 1 };
    expect(await generate({ ...small, params })).toBe(`SwitchName=${podA2} Nodes=gpu-[03-04]
SwitchName=${podB1} Nodes=gpu-[05-06]
SwitchName=${podA1} Nodes=gpu-[01-02]
SwitchName=no-topology Nodes=cpu-[01-02]
`);
  });
});

describe("a Crusoe cluster in the form of newer releases of Topograph", () => {
  test("has a root switch, and switches for nodes without InfiniBand", async () => {
    expect(await generate(upstream)).toBe(`SwitchName=crusoe Switches=${partitionA},${partitionB},cpu-partition
SwitchName=${partitionA} Switches=${podA2},${podA1}
SwitchName=${partitionB} Switches=${podB1}
SwitchName=cpu-partition Switches=cpu-pod
SwitchName=${podA2} Nodes=gpu-[03-04]
SwitchName=${podA1} Nodes=gpu-[01-02]
SwitchName=${podB1} Nodes=gpu-[05-06]
SwitchName=cpu-pod Nodes=cpu-[01-02]
`);
  });

  test("loses the root with one tier trimmed, and partitions with two", async () => {
    expect(await generate({ ...upstream, params: { ...upstream.params, trimTiers: 1 } })).toMatch(
      new RegExp(`^SwitchName=${partitionA} Switches=.*\nSwitchName=${partitionB} .*\nSwitchName=cpu-partition `),
    );
    expect(await generate({ ...upstream, params: { ...upstream.params, trimTiers: 2 } })).toMatch(
      new RegExp(`^SwitchName=${podA2} Nodes=.*\nSwitchName=${podB1} .*\nSwitchName=${podA1} .*\nSwitchName=cpu-pod `),
    );
  });
});

test.each([
  ["two tiers", small],
  ["the newer form", upstream],
])("blocks are NVLink cliques, with %s", async (_, request) => {
  expect(await generate({ ...request, engineParams: { plugin: "topology/block" } })).toBe(
    `# block001=29d9a0b8-948d-4a61-8b9e-fbbbf06c521b.32766
BlockName=block001 Nodes=gpu-[05-06]
BlockSizes=2
`,
  );
});

test("a model that was made for other clouds gives its domains too", async () => {
  const request = { provider: "crusoe-sim", params: { modelFileName: "nvl72.yaml", cpuFallback: true } };
  expect(await generate({ ...request, engineParams: { plugin: "topology/block" } })).toContain("# block003=nvl-2-1\n");
});

test("a clique that a model's label tells counts more than its annotation", async () => {
  const text = `blocks:
- {nodes: [n1], labels: {nvidia.com/gpu.clique: from-label}, annotations: {accelerator.topology.test/domain: from-annotation}}
`;
  const request = {
    provider: "crusoe-sim",
    params: { modelFileName: "m.yaml" },
    engineParams: { plugin: "topology/block" },
  };
  expect(await generate(request, modelHost({ "m.yaml": text }))).toContain("# block001=from-label\n");
});

test("the list of instances has the labels of the model", async () => {
  const listed = { ...small, engine: "graph", nodes: { "": { "gpu-05": "gpu-05", "cpu-01": "cpu-01" } } };
  expect(JSON.parse(await generate(listed))).toEqual({
    instances: [
      {
        id: "gpu-05",
        network_layers: [podB1, partitionB],
        labels: {
          "accelerator.topograph.run/domain": "29d9a0b8-948d-4a61-8b9e-fbbbf06c521b.32766",
          "crusoe.ai/ib.partition.id": partitionB,
          "crusoe.ai/pod.id": podB1,
          "topology.kubernetes.io/region": "none",
        },
      },
    ],
  });
});

test.each([
  [{ rootSwitch: 5 }, "400 error decoding params: 'rootSwitch' must be true or the name of a switch"],
  [
    { cpuFallback: "perhaps" },
    "400 error decoding params: could not decode configuration: 1 error(s) decoding:\n\n* error decoding 'cpuFallback': invalid bool \"perhaps\"",
  ],
])("parameters of another kind are refused: %j", async (params, message) => {
  expect(await generate({ ...small, params: { ...small.params, ...params } })).toBe(message);
});

test("no fault can be asked for", async () => {
  for (const code of [1, 2, 3, 4, 5]) {
    const params = { ...small.params, api_error: code };
    expect(await generate({ ...small, params })).toBe(await generate(small));
  }
});
