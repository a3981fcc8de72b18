import { expect, test } from "vitest";
import { generate, modelHost } from "../../../test/simulated-topology.ts";

const homeless = (name: string) =>
  `502 failed to describe instance topology: availability zone not found for instance "${name}" in AWS simulation`;

const text = `
switches:
  top: {switches: [core]}
  core: {switches: [spine]}
  spine: {labels: {topology.kubernetes.io/zone: az1}, switches: [tor1]}
blocks:
- {switch: tor1, nodes: ["n[100-299]"]}
- {switch: core, nodes: [n2]}
`;
const host = modelHost({ "m.yaml": text });
const request = { provider: "aws-sim", params: { modelFileName: "m.yaml" } };
const nodes = (count: number, more: Readonly<Record<string, string>> = {}) => ({
  r: { ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${100 + i}`, `n${100 + i}`])), ...more },
});

test("keeps all tiers that the model has", async () => {
  expect(await generate({ ...request, nodes: nodes(2) }, host)).toBe(`SwitchName=top Switches=core
SwitchName=core Switches=spine
SwitchName=spine Switches=tor1
SwitchName=tor1 Nodes=n[100-101]
`);
});

test("needs a zone for every node that it describes, where all nodes are asked for", async () => {
  expect(await generate(request, host)).toBe(homeless("n2"));
});

test("needs a zone for every node that it describes, where nodes are asked for by name", async () => {
  expect(await generate({ ...request, nodes: nodes(1, { n2: "n2" }) }, host)).toBe(homeless("n2"));
});

test("describes a hundred nodes by their names and more by listing all, those without a zone too", async () => {
  expect(await generate({ ...request, nodes: nodes(100) }, host)).toContain("SwitchName=tor1 Nodes=n[100-199]\n");
  expect(await generate({ ...request, nodes: nodes(101) }, host)).toBe(homeless("n2"));
});
