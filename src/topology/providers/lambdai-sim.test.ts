import { expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";

const text = `
switches: {top: {switches: [core]}, core: {switches: [spine]}, spine: {switches: [tor]}}
blocks:
- {switch: tor, nodes: [four], annotations: {accelerator.topology.test/domain: d, accelerator.topology.test/sub-domain: s}}
- {switch: core, nodes: [two]}
`;
const trees = `SwitchName=top Switches=core
SwitchName=core Switches=spine
SwitchName=core Nodes=two
SwitchName=spine Switches=tor
SwitchName=tor Nodes=four
`;

test.each([
  ["lambdai-sim", "d.simulation"],
  ["nscale-sim", "d"],
])("%s keeps all tiers, whatever the depth of a node, and calls the domain %s", async (provider, domain) => {
  const request = { provider, params: { modelFileName: "m.yaml" } };
  const host = modelHost({ "m.yaml": text });
  expect(await generate(request, host)).toBe(trees);
  expect(await generate({ ...request, engineParams: { plugin: "topology/block" } }, host)).toBe(
    `# block001=${domain}\nBlockName=block001 Nodes=four\nBlockSizes=1\n`,
  );
});
