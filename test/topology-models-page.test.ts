import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../scripts/step.ts";
import { generate, modelHost } from "./simulated-topology.ts";

const page = readFileSync(join(root, "docs/topology-models.md"), "utf8");
const model = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? "";

describe("docs/topology-models.md", () => {
  test("shows a model as simulations read it", async () => {
    const request = { provider: "aws-sim", params: { modelFileName: "page.yaml" } };
    expect(await generate(request, modelHost({ "page.yaml": model }))).toBe(`SwitchName=core Switches=spine-1
SwitchName=spine-1 Switches=leaf-[1-2]
SwitchName=leaf-1 Nodes=n[01-08]
SwitchName=leaf-2 Nodes=login,n[09-12,16]
`);
  });

  test("tells of every fault that a simulation has, and of no other", async () => {
    const faults = page.slice(page.indexOf("## Faults"));
    const rows = [...faults.matchAll(/^\| `([a-z]+-sim)` +\| (.*) \|$/gm)];
    expect(rows.map(([, provider]) => provider)).toHaveLength(7);
    for (const [, provider = "", told = ""] of rows) {
      const numbers = [...(told.split(". With")[0] ?? "").matchAll(/\d/g)].map(([number]) => Number(number));
      const failing: number[] = [];
      for (let code = 0; code < 10; code++) {
        const text =
          "switches: {a: {switches: [b]}, b: {switches: [c]}}\nblocks: [{switch: c, nodes: ['1'], labels: {topology.kubernetes.io/zone: z}}]";
        const request = { provider, params: { modelFileName: "m", api_error: code } };
        if ((await generate(request, modelHost({ m: text }))).startsWith("502 ")) failing.push(code);
      }
      expect(failing).toEqual(numbers);
    }
  });
});
