import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderTree } from "../render/tree.ts";
import { TopologyError } from "../topology-error.ts";
import { buildGraph } from "./build-graph.ts";
import { layoutTree, switchesAbove } from "./layout-tree.ts";
import type { ComputeInstances, InstanceTopology, TopologyGraph } from "./topology-graph.ts";

/** Ids in few letters, of which many sort apart by bytes and by UTF-16. */
const id = fc.stringMatching(/^[ab\u{ff5e}😀]{1,2}$/u);

/** Trees: a switch's id is its path, so that it has one parent; depths are mixed. */
const trees = fc
  .uniqueArray(fc.tuple(id, fc.array(id, { maxLength: 4 })), { maxLength: 12, selector: ([node]) => node })
  .map((placed) =>
    placed.map(([node, path]): InstanceTopology => {
      const tiers = path.map((_, depth) => `sw/${path.slice(0, depth + 1).join("/")}`).reverse();
      return { instanceId: node, tiers, domain: `d${path[0] ?? ""}`, labels: { path: path.join("/") } };
    }),
  );

/** Anything at all: switches may have many parents, stand above themselves or be called as nodes. */
const tangles = fc
  .uniqueArray(fc.tuple(id, fc.array(fc.oneof(id, fc.constant("")), { maxLength: 4 })), {
    maxLength: 8,
    selector: ([node]) => node,
  })
  .map((placed) => placed.map(([instanceId, tiers]): InstanceTopology => ({ instanceId, tiers })));

function requestOf(topologies: readonly InstanceTopology[], extra: readonly string[] = []): ComputeInstances[] {
  const ids = [...topologies.map(({ instanceId }) => instanceId), ...extra];
  return [{ region: "", instances: new Map(ids.map((instance) => [instance, `node-${instance}`])) }];
}

function shuffled<Item>(items: readonly Item[]): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
}

/** All that output shows of a graph, or why it is refused. */
function shown(build: () => TopologyGraph): string {
  try {
    const layout = layoutTree(build());
    const places = layout.nodes.map((node) => [
      node.name,
      node.instanceId,
      switchesAbove(node).map((above) => above.id),
    ]);
    return JSON.stringify([renderTree(layout), places]);
  } catch (error) {
    if (error instanceof TopologyError && error.status === 400) return error.message;
    throw error;
  }
}

describe("whatever the graph", () => {
  test("any order of instances gives the same bytes, or the same refusal", () => {
    const cases = fc
      .oneof(trees, tangles)
      .chain((given) => fc.tuple(fc.constant(given), shuffled(given), fc.nat(3), fc.boolean()));
    fc.assert(
      fc.property(cases, ([given, other, trimTiers, normalise]) => {
        const options = { trimTiers, normalise };
        expect(shown(() => buildGraph(other, requestOf(other), options))).toBe(
          shown(() => buildGraph(given, requestOf(given), options)),
        );
      }),
    );
  });

  test("every requested node of a tree appears exactly once, under its own switches", () => {
    fc.assert(
      fc.property(trees, fc.nat(3), (given, trimTiers) => {
        const unknown = ["unknown1", "unknown2"];
        const layout = layoutTree(buildGraph(given, requestOf(given, unknown), { trimTiers }));
        const places = new Map(
          layout.nodes.map((node) => [node.instanceId, switchesAbove(node).map((above) => above.id)]),
        );
        expect(layout.nodes).toHaveLength(given.length + unknown.length);
        for (const { instanceId, tiers } of given) {
          const kept = tiers.slice(0, Math.max(0, tiers.length - trimTiers));
          expect(places.get(instanceId)).toEqual(kept.toReversed());
        }
        for (const instanceId of unknown) expect(places.get(instanceId)).toEqual(["no-topology"]);
      }),
    );
  });

  test("what is laid out is a tree: parents stand before their children, and every id stands once", () => {
    fc.assert(
      fc.property(tangles, (given) => {
        fc.pre(!shown(() => buildGraph(given, requestOf(given), { trimTiers: 0 })).startsWith("vertex"));
        const layout = layoutTree(buildGraph(given, requestOf(given), { trimTiers: 0 }));
        const ids = [...layout.switches.map((at) => at.id), ...layout.nodes.map((node) => node.instanceId)];
        expect(new Set(ids).size).toBe(ids.length);
        expect(layout.nodes).toHaveLength(given.length);
        for (const at of layout.switches) expect(at.parent?.order ?? -1).toBeLessThan(at.order);
      }),
    );
  });

  test("a switch with two parents or above itself is refused", () => {
    fc.assert(
      fc.property(tangles, (given) => {
        const parents = new Map<string, Set<string>>();
        const above = (child: string, parent: string) => {
          parents.set(child, (parents.get(child) ?? new Set()).add(parent));
        };
        for (const { instanceId, tiers } of given) {
          const path = [instanceId, ...tiers.filter((tier) => tier !== ""), ""];
          for (const [index, child] of path.slice(0, -1).entries()) above(child, path[index + 1] ?? "");
        }
        const isTree = given.every(({ instanceId }) => {
          const seen = new Set<string>();
          for (let at = instanceId; at !== "";) {
            const known = parents.get(at) ?? new Set();
            if (known.size > 1 || seen.has(at)) return false;
            seen.add(at);
            [at = ""] = known;
          }
          return true;
        });
        // A node that is called as a switch has the switch's id without its nodes.
        const switches = new Set(given.flatMap(({ tiers }) => tiers));
        const isApart = given.every(({ instanceId }) => !switches.has(instanceId));
        const refused = shown(() => buildGraph(given, requestOf(given), { trimTiers: 0 })).startsWith("vertex");
        expect(refused).toBe(!isTree || !isApart);
      }),
      { numRuns: 300 },
    );
  });
});

test("a chain of 20,000 switches is walked without recursion", () => {
  const tiers = Array.from({ length: 20_000 }, (_, index) => `s${index}`);
  const layout = layoutTree(
    buildGraph([{ instanceId: "n", tiers }], requestOf([{ instanceId: "n", tiers }]), { trimTiers: 0 }),
  );
  expect(layout.switches).toHaveLength(20_000);
  expect(renderTree(layout).split("\n").at(-2)).toBe("SwitchName=s0 Nodes=node-n");
});
