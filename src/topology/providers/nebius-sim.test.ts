import { expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";

test("knows only of nodes in exactly three tiers", async () => {
  const text = `
switches: {top: {switches: [core]}, core: {switches: [spine]}, spine: {switches: [tor]}, c: {switches: [s]}, s: {switches: [t]}}
blocks:
- {switch: tor, nodes: [four]}
- {switch: spine, nodes: [three]}
- {switch: core, nodes: [two]}
- {switch: t, nodes: [other], annotations: {accelerator.topology.test/domain: d}}
`;
  const host = modelHost({ "m.yaml": text });
  const request = { provider: "nebius-sim", params: { modelFileName: "m.yaml" } };
  expect(await generate(request, host)).toBe(`SwitchName=c Switches=s
SwitchName=no-topology Nodes=four,two
SwitchName=top Switches=core
SwitchName=s Switches=t
SwitchName=core Switches=spine
SwitchName=t Nodes=other
SwitchName=spine Nodes=three
`);
  expect(await generate({ ...request, engineParams: { plugin: "topology/block" } }, host)).toBe(
    "# block001=d\nBlockName=block001 Nodes=other\nBlockSizes=1\n",
  );
});
