import { expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";

const text = `
switches:
  top: {switches: [core]}
  core: {switches: [spine]}
  spine: {switches: [tor]}
  busy: {switches: [below]}
  below: {switches: [deep]}
blocks:
- {switch: tor, nodes: [a1], annotations: {accelerator.topology.test/domain: d}}
- {switch: busy, nodes: [b1]}
- {switch: below, nodes: [c1]}
- {switch: deep, nodes: [d1]}
- {nodes: [e1]}
`;
const host = modelHost({ "m.yaml": text });
const request = { provider: "dsx-sim", params: { modelFileName: "m.yaml" } };

test("tells of a leaf, its parent and its grandparent only, and of no switches below one that has nodes", async () => {
  expect(await generate(request, host)).toBe(`SwitchName=below Nodes=c1
SwitchName=busy Nodes=b1
SwitchName=core Switches=spine
SwitchName=deep Nodes=d1
SwitchName=no-topology Nodes=e1
SwitchName=spine Switches=tor
SwitchName=tor Nodes=a1
`);
});

test("trims from the third tier on, whether it is told of or not", async () => {
  const params = { ...request.params, trimTiers: 2 };
  expect(await generate({ ...request, params }, host)).toBe(`SwitchName=below Nodes=c1
SwitchName=busy Nodes=b1
SwitchName=deep Nodes=d1
SwitchName=no-topology Nodes=e1
SwitchName=tor Nodes=a1
`);
});

test("takes instances of several regions", async () => {
  const nodes = { one: { a1: "x" }, two: { b1: "y" } };
  expect(await generate({ ...request, nodes }, host)).toBe(`SwitchName=busy Nodes=y
SwitchName=core Switches=spine
SwitchName=spine Switches=tor
SwitchName=tor Nodes=x
`);
});
