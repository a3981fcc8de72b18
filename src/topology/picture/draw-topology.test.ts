import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fabricGraph, type PlacedNode } from "../../../test/fabric-graph.ts";
import { drawTopology } from "./draw-topology.ts";
import { fabricOf } from "./fabric.ts";
import { treeRows } from "./tree-rows.ts";

const padded = (n: number): string => String(n).padStart(5, "0");

/** Leaves of 32 nodes, spines of 16 leaves, one core, domains of 72 nodes. */
function largeFabric(nodes: number): readonly PlacedNode[] {
  return Array.from({ length: nodes }, (_, i) => ({
    name: `gpu-${padded(i + 1)}`,
    tiers: [`leaf-${Math.floor(i / 32) + 1}`, `spine-${Math.floor(i / 512) + 1}`, "core"],
    domain: `nvl-${Math.floor(i / 72) + 1}`,
  }));
}

const pods: readonly PlacedNode[] = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => ({
  name: `node-${i}`,
  tiers: [i < 5 ? "pod-abc123" : "pod-def456", "partition-1"],
  domain: i < 7 ? "first" : "second",
}));

describe("drawTopology", () => {
  test("shows every switch, every node and every domain of a small fabric", () => {
    const svg = drawTopology(fabricGraph(pods), "two pods");
    expect(textsOf(svg)).toEqual([
      "two pods",
      "8 nodes  ·  3 switches  ·  2 leaves  ·  2 tiers  ·  2 accelerator domains",
      "tier 1",
      "tier 0",
      "partition-1",
      "pod-abc123",
      "4 nodes",
      "node-[1-4]",
      "pod-def456",
      "4 nodes",
      "node-[5-6]",
      "node-[7-8]",
      "first (6)",
      "second (2)",
    ]);
  });

  test("shows each leaf of 2,000 nodes as a strip of its spine, counted as people count", () => {
    const texts = textsOf(drawTopology(fabricGraph(largeFabric(2_000)), "large"));
    expect(texts.filter((text) => text.startsWith("leaf-")).length).toBe(63);
    expect(texts).toContain("leaf-2  gpu-[00033-00064]");
    expect(texts.filter((text) => /^\d+ leaves/.test(text))).toEqual([
      "16 leaves, 512 nodes",
      "16 leaves, 512 nodes",
      "16 leaves, 512 nodes",
      "15 leaves, 464 nodes",
    ]);
    expect(texts).toContain("and 8 more domains; colours repeat");
  });

  test("adds up what no slide could hold, and loses no node in the sum", () => {
    const texts = textsOf(drawTopology(fabricGraph(largeFabric(100_000)), "very large"));
    expect(texts).toContain("3,125 leaves, 100,000 nodes");
    expect(texts).toContain("and 133 more switches, 67,744 nodes");
    expect(texts.length).toBeLessThan(120);
  });

  test("draws a fabric of many switches side by side, a chain of switches, domains without switches, and nothing", () => {
    const flat = Array.from({ length: 300 }, (_, i) => ({ name: `n${i}`, tiers: [`sw-${i >> 2}`] }));
    expect(textsOf(drawTopology(fabricGraph(flat), "flat"))).toContain("and 12 more switches, 48 nodes");
    const deep = { name: "n", tiers: Array.from({ length: 5_000 }, (_, i) => `s${i}`) };
    expect(drawTopology(fabricGraph([deep]), "deep").length).toBeLessThan(10_000);
    const alone = pods.map(({ name, domain }) => ({ name, domain: domain ?? "", tiers: [] }));
    expect(textsOf(drawTopology({ domains: fabricGraph(alone).domains ?? new Map() }, "domains"))).toContain("first");
    const many = Array.from({ length: 100 }, (_, i) => ({ name: `n${i}`, tiers: [], domain: `d${i}` }));
    const strips = textsOf(drawTopology({ domains: fabricGraph(many).domains ?? new Map() }, "many"));
    expect(strips).toEqual(expect.arrayContaining(["100 domains", "d2  n2", "and 37 more domains"]));
    expect(textsOf(drawTopology({}, "nothing"))).toEqual(["nothing", "0 nodes"]);
  });

  test("the nodes of a switch that has switches too stand beside them", () => {
    const texts = textsOf(
      drawTopology(
        fabricGraph([
          { name: "a", tiers: ["leaf", "top"] },
          { name: "b", tiers: ["top"] },
        ]),
        "mixed",
      ),
    );
    expect(texts).toEqual(expect.arrayContaining(["nodes of top", "b", "leaf", "a"]));
  });

  test("no name of a node, switch or domain becomes markup, whatever stands in it", () => {
    const names = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
    const placed = fc.record({ name: names, leaf: names, top: names, domain: names });
    fc.assert(
      fc.property(fc.uniqueArray(placed, { selector: ({ name }) => name, maxLength: 6 }), names, (nodes, title) => {
        const graph = fabricGraph(
          nodes.map(({ name, leaf, top, domain }) => ({
            name: `n${name}`,
            tiers: [`l${JSON.stringify([leaf, top])}`, `t${top}`],
            domain,
          })),
        );
        const svg = drawTopology(graph, title);
        expect(svg).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/);
        // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
        expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u);
        expect(svg.replaceAll(/<\/?(?:svg|title|rect|path|text|g)(?: [a-zA-Z:-]+="[^"<]*")*\/?>/g, "")).not.toMatch(
          /[<>]/,
        );
      }),
      { numRuns: 60 },
    );
  });

  test("asks for no font, style or picture from elsewhere", () => {
    const svg = drawTopology(fabricGraph(largeFabric(200)), "by itself");
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /https?:|url\(|@import|href|<style|<script/,
    );
  });
});

describe("treeRows", () => {
  test("draws the branches, and says how many nodes are below and of which domains", () => {
    expect(treeRows(fabricOf(fabricGraph([...pods, { name: "lost", tiers: [] }])))).toEqual([
      { branch: "", name: "partition-1", count: 8, nodes: "", domains: "" },
      { branch: "├─ ", name: "pod-abc123", count: 4, nodes: "node-[1-4]", domains: "first" },
      { branch: "└─ ", name: "pod-def456", count: 4, nodes: "node-[5-8]", domains: "first (2), second (2)" },
      { branch: "", name: "(no switch)", count: 1, nodes: "lost", domains: "" },
    ]);
  });

  test("takes a tree of 20,000 tiers, and bars of it no more than anybody reads", () => {
    const deep = { name: "n", tiers: Array.from({ length: 20_000 }, (_, i) => `s${i}`) };
    const rows = treeRows(fabricOf(fabricGraph([deep])));
    expect(rows.length).toBe(20_000);
    expect(rows.at(-1)).toMatchObject({ name: "s0", nodes: "n" });
    expect(Math.max(...rows.map(({ branch }) => branch.length))).toBeLessThan(130);
  });
});

/** The texts that a reader of the picture sees, in order. */
function textsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text);
}
