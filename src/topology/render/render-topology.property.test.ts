import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { DomainHost, TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import { expandNames } from "../names/expand-names.ts";
import { parsePartitionNodes } from "./partition-nodes.ts";
import { renderTopology } from "./render-topology.ts";

interface Placed {
  readonly node: string;
  readonly leaf: number;
  readonly domain: string;
  readonly subDomain: string;
}

const names = fc.uniqueArray(fc.tuple(fc.constantFrom("n", "gpu-", "a1b", "x0"), fc.nat(300)), {
  maxLength: 60,
  minLength: 1,
  selector: ([prefix, number]) => `${prefix}${number}`,
});

/** Nodes under some leaves, in some domains; many without sub-domains, for those decide the whole layout. */
const placements = fc.boolean().chain((subDomains) =>
  names.chain((chosen) =>
    fc.tuple(
      ...chosen.map(([prefix, number]) =>
        fc.record({
          node: fc.constant(`${prefix}${number}`),
          leaf: fc.nat(5),
          domain: fc.constantFrom("A", "B-two", "dom/c#1", "/odd", "é"),
          subDomain: subDomains ? fc.constantFrom("", "r1", "r2", "+r3") : fc.constant(""),
        }),
      ),
    ),
  ),
);

const legalSizes = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }))
  .map(([base, levels]) => levels.toSorted((a, b) => a - b).map((level) => base * 2 ** level));

function graphOfPlaced(placed: readonly Placed[]): TopologyGraph {
  const leaves = new Map<string, Vertex & { readonly children: Map<string, Vertex> }>();
  const domains = new Map<string, Map<string, DomainHost>>();
  for (const { node, leaf, domain, subDomain } of placed) {
    const id = `leaf${leaf}`;
    const vertex = leaves.get(id) ?? { id, name: "", children: new Map<string, Vertex>() };
    vertex.children.set(`i-${node}`, { id: `i-${node}`, name: node, children: new Map() });
    leaves.set(id, vertex);
    const hosts = domains.get(domain) ?? new Map<string, DomainHost>();
    hosts.set(node, { domain, subDomain, instanceId: `i-${node}`, nodeName: node });
    domains.set(domain, hosts);
  }
  return { root: { id: "", name: "", children: leaves }, domains };
}

interface WrittenBlock {
  readonly id: string;
  readonly nodes: readonly string[];
}

function readBlocks(text: string): { readonly blocks: readonly WrittenBlock[]; readonly sizes: readonly number[] } {
  const blocks = Array.from(text.matchAll(/^BlockName=(\S+)(| Nodes=\S+)$/gm), ([, id = "", nodes = ""]) => ({
    id,
    nodes: nodes === "" ? [] : expandNames(parsePartitionNodes("", nodes)),
  }));
  const [, sizes = ""] = /^BlockSizes=(\S+)\n$/m.exec(text) ?? [];
  return { blocks, sizes: sizes.split(",").map(Number) };
}

const config = { topologies: new Map(), compress: true };

test("blocks have every node once, and are what Slurm's plugin reads", async () => {
  await fc.assert(
    fc.asyncProperty(placements, legalSizes, async (placed, blockSizes) => {
      const rendered = await renderTopology(graphOfPlaced(placed), { ...config, plugin: "topology/block", blockSizes });
      const { blocks, sizes } = readBlocks(rendered.text);
      expect(blocks.flatMap(({ nodes }) => nodes).toSorted()).toEqual(placed.map(({ node }) => node).toSorted());
      // Rules of src/plugins/topology/block/block_record.c in https://github.com/SchedMD/slurm, 24.05 to 25.05: sizes are
      // the first one times powers of two up to 2^15, and no two blocks have one name. 25.05 reads blocks without nodes.
      const [base = 0] = sizes;
      for (const size of sizes) expect(Number.isInteger(Math.log2(size / base))).toBe(true);
      expect(sizes.every((size, index) => size > (sizes[index - 1] ?? 0))).toBe(true);
      expect(Math.log2((sizes.at(-1) ?? 0) / base)).toBeLessThanOrEqual(15);
      expect(new Set(blocks.map(({ id }) => id)).size).toBe(blocks.length);
      const specOf = await rendered.nodeSpecs();
      for (const { id, nodes } of blocks) for (const node of nodes) expect(specOf(node)).toBe(`default:${id}`);
    }),
    { numRuns: 300 },
  );
});

test("blocks with sizes hold nodes of one sub-domain, no more than the first size, and fill the last", async () => {
  await fc.assert(
    fc.asyncProperty(placements, legalSizes, async (placed, blockSizes) => {
      fc.pre(blockSizes.length > 0);
      const { text } = await renderTopology(graphOfPlaced(placed), { ...config, plugin: "topology/block", blockSizes });
      const { blocks, sizes } = readBlocks(text);
      const groupOf = new Map<string, string>(
        placed.map(({ node, domain, subDomain }) => [node, `${domain} ${subDomain}`]),
      );
      const [base = 0] = sizes;
      expect(sizes).toEqual(blockSizes);
      for (const { nodes } of blocks) {
        expect(nodes.length).toBeLessThanOrEqual(base);
        expect(new Set(nodes.map((node) => groupOf.get(node))).size).toBeLessThanOrEqual(1);
      }
      expect((blocks.length * base) % (sizes.at(-1) ?? 1)).toBe(0);
      expect(blocks.map(({ id }) => id)).toEqual(
        blocks.map((_, index) => `block${String(index + 1).padStart(3, "0")}`),
      );
    }),
    { numRuns: 300 },
  );
});

test("any order of input gives the same bytes", async () => {
  const configs = fc.constantFrom(
    { ...config, plugin: "topology/tree", blockSizes: [] },
    { ...config, plugin: "topology/block", blockSizes: [] },
    { ...config, plugin: "topology/block", blockSizes: [2, 8] },
    {
      ...config,
      plugin: "",
      blockSizes: [],
      topologies: new Map(
        ["topology/tree", "topology/block"].map((plugin) => [
          plugin,
          { plugin, blockSizes: [], clusterDefault: false, nodes: ["n[0-150]", "gpu-[0-300]", "a1b7"] },
        ]),
      ),
    },
  );
  await fc.assert(
    fc.asyncProperty(
      placements.chain((placed) =>
        fc.tuple(fc.constant(placed), fc.shuffledSubarray([...placed], { minLength: placed.length })),
      ),
      configs,
      async ([placed, shuffled], chosen) => {
        const { text } = await renderTopology(graphOfPlaced(placed), chosen);
        expect((await renderTopology(graphOfPlaced(shuffled), chosen)).text).toBe(text);
      },
    ),
    { numRuns: 300 },
  );
});
