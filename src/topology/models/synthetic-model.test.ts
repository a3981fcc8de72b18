import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readModel } from "./read-model.ts";
import { syntheticModel, type SyntheticModelOptions } from "./synthetic-model.ts";

const read = (options: SyntheticModelOptions) => readModel(syntheticModel(options), "made");

describe("a synthetic model", () => {
  test("is written with ranges, a line for each switch and each block", () => {
    expect(syntheticModel({ nodes: 40, nodesPerLeaf: 16, leavesPerSpine: 2, domainSize: 18, subDomains: 2 })).toBe(
      `# 40 nodes under 3 leaf switches in 3 tiers, made by Sluice.
switches:
  core: { labels: { topology.kubernetes.io/region: local }, switches: [spine-1, spine-2] }
  spine-1: { labels: { topology.kubernetes.io/zone: zone-1 }, switches: [leaf-1, leaf-2] }
  spine-2: { labels: { topology.kubernetes.io/zone: zone-2 }, switches: [leaf-3] }
blocks:
  - { switch: leaf-1, nodes: ["n[01-09]"], annotations: { accelerator.topology.test/domain: nvl-1, accelerator.topology.test/sub-domain: rack-1 } }
  - { switch: leaf-1, nodes: ["n[10-16]"], annotations: { accelerator.topology.test/domain: nvl-1, accelerator.topology.test/sub-domain: rack-2 } }
  - { switch: leaf-2, nodes: ["n[17-18]"], annotations: { accelerator.topology.test/domain: nvl-1, accelerator.topology.test/sub-domain: rack-2 } }
  - { switch: leaf-2, nodes: ["n[19-27]"], annotations: { accelerator.topology.test/domain: nvl-2, accelerator.topology.test/sub-domain: rack-1 } }
  - { switch: leaf-2, nodes: ["n[28-32]"], annotations: { accelerator.topology.test/domain: nvl-2, accelerator.topology.test/sub-domain: rack-2 } }
  - { switch: leaf-3, nodes: ["n[33-36]"], annotations: { accelerator.topology.test/domain: nvl-2, accelerator.topology.test/sub-domain: rack-2 } }
  - { switch: leaf-3, nodes: ["n[37-40]"], annotations: { accelerator.topology.test/domain: nvl-3, accelerator.topology.test/sub-domain: rack-1 } }
`,
    );
  });

  test("can be of one tier, of numbers and of another region", async () => {
    const { nodes, regions } = await read({ nodes: 3, tiers: 1, prefix: "", region: "eu" });
    expect([...nodes.keys()]).toEqual(["1", "2", "3"]);
    expect(nodes.get("3")?.tiers).toEqual(["leaf-1"]);
    expect(regions).toEqual([{ region: "eu", nodes: ["1", "2", "3"] }]);
  });

  test("of 100,000 nodes is made and read", async () => {
    const { nodes, switches } = await read({ nodes: 100_000, domainSize: 18 });
    expect(nodes.size).toBe(100_000);
    expect(switches.size).toBe(3125 + 196 + 1);
    expect(nodes.get("n100000")).toMatchObject({ tiers: ["leaf-3125", "spine-196", "core"], domain: "nvl-5556" });
  });

  const sizes = fc.record(
    {
      nodes: fc.integer({ min: 1, max: 300 }),
      nodesPerLeaf: fc.integer({ min: 1, max: 40 }),
      leavesPerSpine: fc.integer({ min: 1, max: 5 }),
      tiers: fc.integer({ min: 1, max: 6 }),
      domainSize: fc.integer({ min: 6, max: 40 }),
      subDomains: fc.integer({ min: 1, max: 6 }),
    },
    { requiredKeys: ["nodes", "domainSize"] },
  );

  test("has the sizes that are asked for, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (options) => {
        const { nodes } = await read(options);
        expect(nodes.size).toBe(options.nodes);
        const tiers = options.tiers ?? 3;
        const counts = new Map<string, number>();
        const count = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
        const roots = new Set<string>();
        for (const { tiers: path, domain, subDomain, labels } of nodes.values()) {
          expect(path).toHaveLength(tiers);
          expect(labels["topology.kubernetes.io/zone"]).toMatch(/^zone-\d+$/);
          count(`leaf ${path[0]}`);
          count(`domain ${domain}`);
          if (options.subDomains !== undefined) count(`rack ${domain} ${subDomain}`);
          roots.add(path.at(-1) ?? "");
        }
        expect(tiers === 1 || roots.has("core")).toBe(true);
        expect(tiers === 1 ? 1 : roots.size).toBe(1);
        const tooLarge = Array.from(counts).filter(
          ([key, size]) => size > (key.startsWith("leaf") ? (options.nodesPerLeaf ?? 32) : options.domainSize),
        );
        expect(tooLarge).toEqual([]);
        const domains = [...counts.keys()].filter((key) => key.startsWith("domain")).length;
        expect(domains).toBe(Math.ceil(options.nodes / options.domainSize));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    [{ nodes: 0 }, "a model's nodes is a whole number from 1 to 1000000, not 0"],
    [{ nodes: 1.5 }, "a model's nodes is a whole number from 1 to 1000000, not 1.5"],
    [{ nodes: 2_000_000 }, "a model's nodes is a whole number from 1 to 1000000, not 2000000"],
    [{ nodes: 1, nodesPerLeaf: 0 }, "a model's nodesPerLeaf is a whole number from 1 to 1000000, not 0"],
    [{ nodes: 1, leavesPerSpine: -1 }, "a model's leavesPerSpine is a whole number from 1 to 1000000, not -1"],
    [{ nodes: 1, tiers: 11 }, "a model's tiers is a whole number from 1 to 10, not 11"],
    [{ nodes: 1, domainSize: 0 }, "a model's domainSize is a whole number from 1 to 1000000, not 0"],
    [{ nodes: 1, domainSize: 4, subDomains: 5 }, "a model's subDomains is a whole number from 1 to 4, not 5"],
    [{ nodes: 1, subDomains: 2 }, "a model's subDomains need a domainSize"],
    [{ nodes: 1, prefix: "a b" }, `a model's prefix is of letters, digits, ".", "_" and "-", not "a b"`],
    [{ nodes: 1, region: "" }, `a model's region is of letters, digits, ".", "_" and "-", not ""`],
  ])("is refused for sizes that make no network: %j", (options, message) => {
    expect(() => syntheticModel(options)).toThrow(message);
  });
});
