import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readModel } from "./read-model.ts";

const read = (text: string) => readModel(text, "F");

describe("a model that would exhaust its reader is refused", () => {
  const deepChain = Array.from({ length: 5000 }, (_, i) => `  s${i}: {switches: [s${i + 1}]}`).join("\n");
  const manyLabels = Array.from({ length: 5000 }, (_, i) => `k${i}: v`).join(", ");
  test.each([
    ["10 MB of YAML", "x".repeat(10_000_000), "10000000 characters are more than a model may have (8388608)"],
    ["nesting without end", "[".repeat(100_000), "nesting exceeded maxDepth (100)"],
    ["a range of a million million nodes", "blocks: [{nodes: ['n[1-1000000000000]']}]", "exceeds 1000000 entries"],
    [
      "ranges that exceed the bound together",
      "blocks: [{nodes: ['n[1-10]']}, {nodes: ['m[1-999991]']}]",
      "exceeds 999990 entries",
    ],
    ["switches in a thousand tiers", `switches:\n${deepChain}\n`, `switch "s100" has more than 100 switches above it`],
    [
      "anchors that explode",
      [
        "a0: &a0 [n, n, n, n, n, n, n, n, n, n]",
        ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`),
        `blocks: [${Array(100_000).fill("*a9").join(", ")}]`,
      ].join("\n"),
      "yaml: document contains excessive aliasing",
    ],
    [
      "merges that explode",
      [
        "a0: &a0 {k: v}",
        ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: [*a${i}, *a${i}]}`),
        "blocks: [*a30]",
      ].join("\n"),
      "yaml: document contains excessive aliasing",
    ],
    [
      "labels that are inherited a thousand times a thousand times",
      `switches: {s: {labels: {${manyLabels}}}}\nblocks:\n${Array.from({ length: 5000 }, (_, i) => `- {switch: s, nodes: [n${i}], labels: {own: "${i}"}}`).join("\n")}`,
      "labels and annotations, those inherited included, are more than 2000000",
    ],
  ])("for %s", async (_, text, message) => {
    const failure = await read(text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure instanceof Error ? failure.message.length : 0).toBeLessThan(10_000);
    expect(String(failure)).toContain(message);
  });
});

/** Switches by their parents, of which each stands before it, and the nodes of each. */
const trees = fc
  .array(fc.tuple(fc.nat(1000), fc.nat(3)), { minLength: 1, maxLength: 40 })
  .map((rows) => rows.map(([parent, nodes], index) => ({ parent: index === 0 ? -1 : parent % index, nodes })));

describe("any tree of switches", () => {
  test("gives each node the switches above it, whatever order the file has", async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.boolean(), async (rows, reversed) => {
        const children = rows.map((_, index) =>
          rows.flatMap(({ parent }, child) => (parent === index ? [`s${child}`] : [])),
        );
        const lines = rows.map(
          (_, index) => `  s${index}: {switches: [${children[index]?.join(", ")}], labels: {l${index}: "${index}"}}`,
        );
        const blocks = rows.flatMap(({ nodes }, index) =>
          nodes === 0 ? [] : [`  - {switch: s${index}, nodes: ["n${index}-[1-${nodes}]"]}`],
        );
        if (reversed) {
          lines.reverse();
          blocks.reverse();
        }
        const model = await read(["switches:", ...lines, "blocks:", ...blocks].join("\n"));
        expect(model.nodes.size).toBe(rows.reduce((sum, { nodes }) => sum + nodes, 0));
        for (const [index, row] of rows.entries()) {
          const above: string[] = [];
          for (let at = index; at >= 0; at = rows[at]?.parent ?? -1) above.push(`s${at}`);
          for (let number = 1; number <= row.nodes; number++) {
            const node = model.nodes.get(`n${index}-${number}`);
            expect(node?.tiers).toEqual(above);
            expect(Object.keys(node?.labels ?? {}).length).toBe(above.length + 1);
          }
        }
        const inRegions = model.regions.flatMap(({ nodes }) => nodes);
        expect(inRegions.sort()).toEqual([...model.nodes.keys()].sort());
      }),
      { numRuns: 60 },
    );
  });
});

test("text of any kind gives a model or an error that is said in a few words", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.json({ maxDepth: 6 })),
      async (text) => {
        const failure = await read(text).catch((error: unknown) => error);
        expect(failure instanceof Error ? failure.message.length : 0).toBeLessThan(20_000);
        expect(failure).toHaveProperty(failure instanceof Error ? "message" : "nodes");
        expect(String(failure)).not.toMatch(/^(Type|Range|Reference)Error/);
      },
    ),
  );
});
