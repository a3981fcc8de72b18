import { expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";

const text = `
switches: {top: {switches: [core]}, core: {switches: [spine]}, spine: {switches: [tor]}}
blocks:
- {switch: tor, nodes: ["11"], annotations: {accelerator.topology.test/domain: nvl1}}
- {switch: core, nodes: ["12"], annotations: {accelerator.topology.test/domain: nvl1}}
- {switch: spine, nodes: ["007"]}
`;
const models = (more = "") => modelHost({ "m.yaml": text + more });
const request = { provider: "gcp-sim", params: { modelFileName: "m.yaml" } };

test("keeps exactly the first three tiers, and knows nothing of nodes with fewer", async () => {
  const host = models();
  expect(await generate({ ...request, nodes: { r: { 11: "a", 12: "b" } } }, host)).toBe(`SwitchName=core Switches=spine
SwitchName=no-topology Nodes=b
SwitchName=spine Switches=tor
SwitchName=tor Nodes=a
`);
  expect(host.marks).toEqual([
    'topograph_gcp_missing_resource_status{"instance_name":"12"}',
    'topograph_missing_topology{"provider":"gcp-sim","node":"b"}',
  ]);
});

test("takes the leaf switch for the domain, whatever the model says", async () => {
  const block = { ...request, engineParams: { plugin: "topology/block" }, nodes: { r: { 11: "a" } } };
  expect(await generate(block, models())).toBe("# block001=tor\nBlockName=block001 Nodes=a\nBlockSizes=1\n");
});

test.each(["n11", "-1", "1.5", "0x1f", "18446744073709551616", "é"])(
  "refuses a model with a node named %j, whichever are requested",
  async (name) => {
    const host = models(`- {switch: tor, nodes: ["${name}"]}\n`);
    const expected = `502 invalid instance ID "${name}"; must be numerical`;
    expect(await generate(request, host)).toBe(expected);
    expect(await generate({ ...request, nodes: { r: { 11: "a" } } }, host)).toBe(expected);
  },
);

test("knows instances by their numbers, which have no leading zeros", async () => {
  expect(await generate({ ...request, nodes: { r: { "007": "a" } } }, models())).toBe(
    "SwitchName=no-topology Nodes=a\n",
  );
  expect(await generate({ ...request, nodes: { r: { 7: "a" } } }, models())).toContain("SwitchName=spine Nodes=a\n");
  const largest = models('- {switch: tor, nodes: ["18446744073709551615"]}\n');
  const nodes = { r: { "18446744073709551615": "a" } };
  expect(await generate({ ...request, nodes }, largest)).toContain("SwitchName=tor Nodes=a\n");
});
