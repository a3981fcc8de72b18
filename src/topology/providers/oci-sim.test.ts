import { expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";

const text = `
switches: {d: {switches: [c]}, c: {switches: [s]}, s: {switches: [l1, l2]}}
blocks:
- {switch: l1, nodes: [a1, a2], annotations: {accelerator.topology.test/domain: D1, accelerator.topology.test/sub-domain: r1}}
- {switch: l2, nodes: [b1, b2], annotations: {accelerator.topology.test/domain: D1, accelerator.topology.test/sub-domain: r2}}
- {switch: c, nodes: [zz]}
- {switch: d, nodes: [yy]}
`;
const request = { provider: "oci-sim", params: { modelFileName: "m.yaml" } };
const host = () => modelHost({ "m.yaml": text });

test("keeps the first three tiers, all of which it requires, and names switches by their level", async () => {
  const asked = host();
  expect(await generate({ ...request, nodes: { r: { b1: "b1", zz: "zz", yy: "yy" } } }, asked)).toBe(`# switch.3.1=c
SwitchName=switch.3.1 Switches=switch.2.1
SwitchName=no-topology Nodes=yy,zz
# switch.2.1=s
SwitchName=switch.2.1 Switches=switch.1.1
# switch.1.1=l2
SwitchName=switch.1.1 Nodes=b1
`);
  expect(asked.marks.filter((mark) => mark.includes("oci_missing"))).toEqual([
    'topograph_oci_missing_host_data{"data":"hpcIsland","node_name":"zz"}',
    'topograph_oci_missing_host_data{"data":"networkBlock","node_name":"yy"}',
  ]);
});

test("makes sub-domains of a domain and a rack", async () => {
  const block = { ...request, engineParams: { plugin: "topology/block" } };
  expect(await generate(block, host())).toBe(`# block001=D1.r1
BlockName=block001 Nodes=a[1-2]
# block002=D1.r2
BlockName=block002 Nodes=b[1-2]
BlockSizes=2,4
`);
});

test("shows the names in the list of instances, with the labels of the model and the domains", async () => {
  const listed = { ...request, engine: "graph", nodes: { r: { a1: "a1", yy: "yy" } } };
  expect(JSON.parse(await generate(listed, host()))).toEqual({
    instances: [
      {
        id: "a1",
        network_layers: ["switch.1.1", "switch.2.1", "switch.3.1"],
        labels: {
          "accelerator.topograph.run/domain": "D1",
          "accelerator.topograph.run/sub-domain": "D1.r1",
          "topology.kubernetes.io/region": "none",
        },
      },
    ],
  });
});
