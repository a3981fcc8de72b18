import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactWords } from "../../../test/exact-words.ts";
import { ibnetdiscoverText, type MadeSwitch } from "../../../test/infiniband-text.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import type { TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { renderTree } from "../render/tree.ts";
import { fabricTrees } from "./fabric-tree.ts";
import { parseIbnetdiscover } from "./ibnetdiscover.ts";
import { readSwitchSelector } from "./switch-selector.ts";

type Fabric = { readonly [name: string]: MadeSwitch };

describe("the tree of a fabric", () => {
  const twoLeaves = {
    leaf1: { up: ["spine1", "spine2"], hosts: ["n1", "n2"] },
    leaf2: { up: ["spine1", "spine2"], hosts: ["n3", "n4"] },
    spine1: { up: ["core"] },
    spine2: { up: ["core"] },
    core: {},
  };

  test("has one switch for all of a level that have the same children", () => {
    expect(treeOf(twoLeaves)).toBe(
      lines(
        "SwitchName=S-core Switches=S-spine1",
        "SwitchName=S-spine1 Switches=S-leaf[1-2]",
        "SwitchName=S-leaf1 Nodes=n[1-2]",
        "SwitchName=S-leaf2 Nodes=n[3-4]",
      ),
    );
  });

  test("is that of the requested hosts alone: a leaf without one of them is a switch like others", () => {
    expect(treeOf(twoLeaves, ["n1"])).toBe(
      lines(
        // From the one leaf the fabric is entered, and every switch belongs to the level at which it is met.
        "SwitchName=S-core Switches=S-spine1",
        "SwitchName=S-spine1 Switches=S-leaf1",
        "SwitchName=S-leaf1 Nodes=n1",
      ),
    );
    expect(treeOf(twoLeaves, ["elsewhere"])).toBe("");
  });

  test("is one for all rails of its hosts", () => {
    const rails = Object.fromEntries(
      [0, 1, 2, 3].flatMap((rail) => [
        [`unit1-rail${rail}`, { up: ["spine"], hosts: ["n1", "n2"], adapter: rail }],
        [`unit2-rail${rail}`, { up: ["spine"], hosts: ["n3", "n4"], adapter: rail }],
      ]),
    );
    expect(treeOf({ ...rails, spine: {} })).toBe(
      lines(
        "SwitchName=S-spine Switches=S-unit1-rail0,S-unit2-rail0",
        "SwitchName=S-unit1-rail0 Nodes=n[1-2]",
        "SwitchName=S-unit2-rail0 Nodes=n[3-4]",
      ),
    );
  });

  test("merges from the leaves to the top, which lets a level merge that differs in what is merged below it", () => {
    // Topograph's own example: four leaves for each of two pairs of hosts, two spines for each pair of leaves.
    const leaf = (index: number, hosts: readonly string[]): MadeSwitch => {
      const plane = ((index - 1) % 4) * 2 + 1;
      return { up: [`S${plane}`, `S${plane + 1}`], hosts, adapter: index };
    };
    const spine = (index: number): MadeSwitch => ({ up: index % 2 === 1 ? ["C1", "C2"] : ["C3", "C4"] });
    const fabric: Fabric = {
      ...Object.fromEntries([1, 2, 3, 4].map((index) => [`L${index}`, leaf(index, ["A", "B"])])),
      ...Object.fromEntries([5, 6, 7, 8].map((index) => [`L${index}`, leaf(index, ["C", "D"])])),
      ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((index) => [`S${index}`, spine(index)])),
      ...Object.fromEntries(["C1", "C2", "C3", "C4"].map((name) => [name, {}])),
    };
    expect(treeOf(fabric)).toBe(
      lines(
        "SwitchName=S-C1 Switches=S-S1",
        "SwitchName=S-S1 Switches=S-L[1,5]",
        "SwitchName=S-L1 Nodes=A,B",
        "SwitchName=S-L5 Nodes=C,D",
      ),
    );
  });

  test("does without a spine that has lost a cable", () => {
    const { leaf2, ...rest } = twoLeaves;
    expect(treeOf({ ...rest, leaf2: { ...leaf2, up: ["spine2"] } })).toBe(
      lines(
        "SwitchName=S-core Switches=S-spine2",
        "SwitchName=S-spine2 Switches=S-leaf[1-2]",
        "SwitchName=S-leaf1 Nodes=n[1-2]",
        "SwitchName=S-leaf2 Nodes=n[3-4]",
      ),
    );
  });

  test("keeps hosts whose part of the fabric has fewer levels", () => {
    const fabric = { ...twoLeaves, alone: { hosts: ["n9"] } };
    expect(treeOf(fabric)).toContain("SwitchName=S-alone Nodes=n9\n");
    expect(treeOf(fabric)).toContain("SwitchName=S-core Switches=S-spine1\n");
  });

  test("keeps hosts whose leaf nothing at the top leads to", () => {
    const fabric = {
      ...twoLeaves,
      leaf3: { up: ["spine3"], hosts: ["n5"] },
      leaf1: { up: ["spine1", "spine2", "spine3"], hosts: ["n1", "n2"] },
      spine3: {},
    };
    expect(hostsOf(graphOf(fabric, allHosts(fabric)))).toEqual(["n1", "n2", "n3", "n4", "n5"]);
    expect(treeOf(fabric)).toContain("SwitchName=S-leaf3 Nodes=n5\n");
  });

  test("is refused where a host stands under leaves with different hosts, which a selector can mend", async () => {
    const fabric = {
      "compute-1": { up: ["spine"], hosts: ["n1", "n2"] },
      "compute-2": { up: ["spine"], hosts: ["n3", "n4"] },
      storage: { up: ["spine"], hosts: ["n1", "n2", "n3", "n4"], adapter: 1 },
      spine: {},
    };
    expect(() => treeOf(fabric)).toThrow(/ is reachable more than once; topology must be a tree$/);
    const selected = lines(
      "SwitchName=S-spine Switches=S-compute-[1-2]",
      "SwitchName=S-compute-1 Nodes=n[1-2]",
      "SwitchName=S-compute-2 Nodes=n[3-4]",
    );
    expect(await selectedTree(fabric, { include: ["^compute"] })).toBe(selected);
    expect(await selectedTree(fabric, { exclude: ["^stor"] })).toBe(selected);
    expect(await selectedTree(fabric, { include: ["^compute"], exclude: ["-2$"] })).toBe(
      lines("SwitchName=S-spine Switches=S-compute-1", "SwitchName=S-compute-1 Nodes=n[1-2]"),
    );
    expect(await selectedTree(fabric, { include: ["^compute"], exclude: ["^spine$"] })).toBe(
      lines("SwitchName=S-compute-1 Nodes=n[1-2]", "SwitchName=S-compute-2 Nodes=n[3-4]"),
    );
    expect(await selectedTree(fabric, { include: ["^missing"] })).toBe("");
  });

  test("does not depend on the order of the text", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.entries(twoLeaves), { minLength: 5 }), (entries) => {
        expect(treeOf(Object.fromEntries(entries))).toBe(treeOf(twoLeaves));
      }),
    );
  });

  test("holds every connected host, whatever is linked to what", () => {
    const names = fc.constantFrom("s1", "s2", "s3", "s4", "s5", "s6");
    const made = fc.record({
      up: fc.uniqueArray(names),
      hosts: fc.uniqueArray(fc.constantFrom("n1", "n2", "n3", "n4")),
    });
    fc.assert(
      fc.property(fc.dictionary(names, made), (fabric) => {
        const hosts = allHosts(fabric);
        expect(hostsOf(graphOf(fabric, hosts))).toEqual(hosts);
      }),
    );
  });

  test("of a hundred thousand hosts is built without exhausting the stack", () => {
    const hosts = Array.from({ length: 100_000 }, (_, index) => `n${index}`);
    const leaves = Array.from({ length: 3125 }, (_, leaf): [string, MadeSwitch] => [
      `leaf${leaf}`,
      { up: [`spine${leaf % 32}`, `spine${(leaf + 1) % 32}`], hosts: hosts.slice(leaf * 32, leaf * 32 + 32) },
    ]);
    const spines = Array.from({ length: 32 }, (_, spine): [string, MadeSwitch] => [`spine${spine}`, { up: ["core"] }]);
    const fabric = parseIbnetdiscover(ibnetdiscoverText(Object.fromEntries([...leaves, ...spines, ["core", {}]])));
    const [core, ...others] = fabricTrees(fabric, new Set(hosts));
    expect(others).toEqual([]);
    expect(core?.children.size).toBe(32);
  });
});

describe("the parameter switchSelector", () => {
  test.each([
    ["compute", "switchSelector must be an object"],
    [null, "switchSelector must be an object"],
    [["compute"], "switchSelector must be an object"],
    [{}, "switchSelector requires include or exclude patterns"],
    [{ include: "compute" }, "switchSelector.include must be a non-empty list of regular expressions"],
    [{ include: [] }, "switchSelector.include must be a non-empty list of regular expressions"],
    [{ exclude: null }, "switchSelector.exclude must be a non-empty list of regular expressions"],
    [{ exclude: ["a", 1] }, "switchSelector.exclude must contain non-empty strings"],
    [{ exclude: [""] }, "switchSelector.exclude must contain non-empty strings"],
    [{ include: ["["] }, 'invalid switchSelector.include pattern "[": error parsing regexp: missing closing ]: `[`'],
    [{ exclude: ["(?<=a)b"] }, /^invalid switchSelector\.exclude pattern "\(\?<=a\)b": error parsing regexp: /],
  ])("that is %j is refused", async (switchSelector, message) => {
    await expect(readSwitchSelector(toParamMap({ switchSelector }))).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(exactWords(message)),
    });
  });

  test("is none where it is left out", async () => {
    expect(await readSwitchSelector(new Map())).toBeUndefined();
  });

  test("finds its patterns anywhere in a name; excluded is excluded", async () => {
    const selector = await readSwitchSelector(
      toParamMap({ switchSelector: { include: ["^compute", "both"], exclude: ["storage$"] } }),
    );
    const names = ["compute-leaf", "a-both-b", "other", "compute-storage", "storage"];
    expect(names.filter((name) => selector?.acceptsLeaf(name))).toEqual(["compute-leaf", "a-both-b"]);
    expect(names.filter((name) => selector?.excludes(name))).toEqual(["compute-storage", "storage"]);
  });

  test("is not kept busy by a pattern that backtracks elsewhere", async () => {
    const selector = await readSwitchSelector(toParamMap({ switchSelector: { include: ["^(a+)+$"] } }));
    expect(selector?.acceptsLeaf(`${"a".repeat(5000)}b`)).toBe(false);
  });
});

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

function allHosts(fabric: Fabric): readonly string[] {
  return [...new Set(Object.values(fabric).flatMap(({ hosts = [] }) => hosts))].sort();
}

function graphOf(fabric: Fabric, hosts: readonly string[]): TopologyGraph {
  return asGraph(fabricTrees(parseIbnetdiscover(ibnetdiscoverText(fabric)), new Set(hosts)));
}

function asGraph(trees: readonly Vertex[]): TopologyGraph {
  return { root: { id: "", name: "", children: new Map(trees.map((tree) => [tree.id, tree])) } };
}

function treeOf(fabric: Fabric, hosts = allHosts(fabric)): string {
  return renderTree(layoutTree(graphOf(fabric, hosts)));
}

async function selectedTree(
  fabric: Fabric,
  switchSelector: Readonly<Record<string, readonly string[]>>,
): Promise<string> {
  const selector = await readSwitchSelector(toParamMap({ switchSelector }));
  const parsed = parseIbnetdiscover(ibnetdiscoverText(fabric));
  return renderTree(layoutTree(asGraph(fabricTrees(parsed, new Set(allHosts(fabric)), selector))));
}

/** Names of all hosts in the tree, each once. */
function hostsOf({ root }: TopologyGraph): readonly string[] {
  const names = new Set<string>();
  const waiting = root === undefined ? [] : [root];
  for (let vertex = waiting.pop(); vertex !== undefined; vertex = waiting.pop()) {
    if (vertex.children.size === 0 && vertex.name !== "") names.add(vertex.name);
    waiting.push(...vertex.children.values());
  }
  return [...names].sort();
}
