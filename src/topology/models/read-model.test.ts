import { describe, expect, test } from "vitest";
import { readModel } from "./read-model.ts";

const region = "topology.kubernetes.io/region";
const read = (text: string) => readModel(text, "F");

describe("a model", () => {
  test("may be empty", async () => {
    for (const text of ["", "# nothing\n", "---\n", "{}", "switches:\nblocks:\n", "other: 1\n"]) {
      const { switches, nodes, regions } = await read(text);
      expect([switches.size, nodes.size, regions.length]).toEqual([0, 0, 0]);
    }
  });

  test("need not define a switch that another one names for its child", async () => {
    const { switches, nodes } = await read(
      "switches: {core: {switches: [leaf]}}\nblocks: [{switch: leaf, nodes: ['n[1-2]']}, {switch: leaf, nodes: [n3]}]",
    );
    expect(switches.get("leaf")).toMatchObject({ parent: "core", children: [], nodes: ["n1", "n2", "n3"] });
    expect(nodes.get("n3")?.tiers).toEqual(["leaf", "core"]);
  });

  test("takes a name that equals the key of its switch", async () => {
    expect((await read("switches: {a: {name: a}}")).switches.has("a")).toBe(true);
  });

  test("has nodes without tiers where a block names no switch", async () => {
    const { nodes } = await read("blocks: [{nodes: [n1]}]");
    expect(nodes.get("n1")).toEqual({
      tiers: [],
      labels: { [region]: "none" },
      annotations: {},
      domain: undefined,
      subDomain: undefined,
    });
  });

  test("expands ranges as lists of nodes are written", async () => {
    const { nodes } = await read(`blocks: [{nodes: ["n[01-03,7]", x9, "[1101-1102]", "n[08-12],1101", "b[5-4]"]}]`);
    expect([...nodes.keys()]).toEqual(["n01", "n02", "n03", "n7", "x9", "1101", "1102", "n[08-12],1101"]);
  });

  test("takes names as they are written, whatever else YAML would read them as", async () => {
    const { nodes } = await read("blocks: [{nodes: [1101, 0010, 1e3, yes, 0x1f, 1_000, 2026-01-01]}]");
    expect([...nodes.keys()]).toEqual(["1101", "0010", "1e3", "yes", "0x1f", "1_000", "2026-01-01"]);
  });

  test("lets labels and annotations inherit from root to leaf to block, nearer ones first served", async () => {
    const { nodes } = await read(`
switches:
  core: {labels: {r: core, shared: core}, annotations: {a: core, shared: core}, switches: [leaf]}
  leaf: {labels: {l: leaf, shared: leaf}, annotations: {b: leaf, shared: leaf}}
blocks:
- {switch: leaf, nodes: [n1], labels: {own: block, shared: block}, annotations: {c: block, shared: block}}
- {switch: leaf, nodes: [n2]}
- {switch: core, nodes: [n3]}
`);
    expect(nodes.get("n1")?.labels).toEqual({ [region]: "none", r: "core", l: "leaf", own: "block", shared: "block" });
    expect(nodes.get("n1")?.annotations).toEqual({ a: "core", b: "leaf", c: "block", shared: "block" });
    expect(nodes.get("n2")?.labels).toEqual({ [region]: "none", r: "core", l: "leaf", shared: "leaf" });
    expect(nodes.get("n3")?.labels).toEqual({ [region]: "none", r: "core", shared: "core" });
  });

  test("groups nodes by their region, regions in byte order, `none` for those without", async () => {
    const { regions } = await read(`
switches: {a: {labels: {${region}: us}}, b: {labels: {${region}: eu}, switches: [c]}, c: {labels: {${region}: ""}}}
blocks: [{switch: a, nodes: [n1]}, {switch: b, nodes: [n2]}, {switch: a, nodes: [n3]}, {nodes: [n4]}, {switch: c, nodes: [n5]}]
`);
    expect(regions).toEqual([
      { region: "eu", nodes: ["n2"] },
      { region: "none", nodes: ["n4", "n5"] },
      { region: "us", nodes: ["n1", "n3"] },
    ]);
  });

  test("tells accelerator domains and sub-domains by annotations", async () => {
    const { nodes } = await read(`
switches: {a: {annotations: {accelerator.topology.test/domain: d}}}
blocks:
- {switch: a, nodes: [n1], annotations: {accelerator.topology.test/sub-domain: s}}
- {switch: a, nodes: [n2], annotations: {accelerator.topology.test/domain: ""}}
`);
    expect(nodes.get("n1")).toMatchObject({ domain: "d", subDomain: "s" });
    expect(nodes.get("n2")).toMatchObject({ domain: undefined, subDomain: undefined });
  });

  test("keeps labels of any name, those of JavaScript's objects too", async () => {
    const { nodes, switches } = await read(
      "switches: {__proto__: {labels: {__proto__: x, constructor: y}}}\nblocks: [{switch: __proto__, nodes: [toString]}]",
    );
    expect(switches.has("__proto__")).toBe(true);
    const labels = nodes.get("toString")?.labels ?? {};
    expect(Object.entries(labels)).toEqual([
      [region, "none"],
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });

  test("may use anchors, aliases and merged mappings", async () => {
    const { nodes } = await read(`
x: &labels {rack: r1, ${region}: eu}
y: &more {<<: *labels, rack: r2}
blocks:
- {nodes: &names [n1, n2], labels: *labels}
- {nodes: [n3], labels: {<<: [*more, *labels], own: "1"}}
`);
    expect(nodes.get("n2")?.labels).toEqual({ [region]: "eu", rack: "r1" });
    expect(nodes.get("n3")?.labels).toEqual({ [region]: "eu", rack: "r2", own: "1" });
  });

  test("is the first document of its file, a byte order mark and null values passed over", async () => {
    const { nodes } = await read(
      "\uFEFFblocks: [{switch: ~, nodes: [n1], labels: null}]\n---\nblocks: [{nodes: [n2]}]\n",
    );
    expect([...nodes.keys()]).toEqual(["n1"]);
  });
});

describe("a model is refused", () => {
  test.each([
    ["a switch without a definition", "switches:\n  x:\n", `failed to parse F: switch "x" has empty definition`],
    [
      "a switch with another name than its key",
      "switches: {a: {name: b}}",
      `failed to parse F: switch key "a" does not match switch name "b"`,
    ],
    [
      "a circle of switches",
      "switches: {a: {switches: [b]}, b: {switches: [a]}}\nblocks: [{switch: b, nodes: [n]}]",
      `circular dependency detected in topology for switch "b"`,
    ],
    [
      "a circle without nodes",
      "switches: {a: {switches: [a]}}",
      `circular dependency detected in topology for switch "a"`,
    ],
    [
      "a switch with two parents",
      "switches: {a: {switches: [c]}, b: {switches: [c]}}",
      `switch "c" has two parent switches "b" and "a"`,
    ],
    [
      "a child that is named twice",
      "switches: {a: {switches: [c, c]}}",
      `switch "c" has two parent switches "a" and "a"`,
    ],
    [
      "a block without nodes",
      "blocks: [{nodes: [n1]}, {labels: {}}]",
      "capacity block at index 1 must declare at least one node",
    ],
    [
      "a block of an empty range",
      "blocks: [{nodes: ['n[2-1]']}]",
      "capacity block at index 0 must declare at least one node",
    ],
    ["an empty block", "blocks: [~]", "capacity block at index 0 must declare at least one node"],
    [
      "a block with an unknown switch",
      "blocks: [{switch: missing, nodes: [n1]}]",
      `capacity block at index 0 references unknown switch "missing"`,
    ],
    [
      "a node in two blocks",
      "blocks: [{nodes: [n1]}, {nodes: [n1]}]",
      `node "n1" belongs to more than one capacity block`,
    ],
    [
      "a node twice in one block",
      "blocks: [{nodes: ['n[1-2]', n2]}]",
      `node "n2" belongs to more than one capacity block`,
    ],
    [
      "blocks before switches, where both are wrong",
      "switches: {a: {switches: [a]}, b: {switches: [a]}}\nblocks: [{switch: a, nodes: [n1]}, {nodes: []}]",
      "capacity block at index 1 must declare at least one node",
    ],
    [
      "text where a block should be",
      "blocks:\n- cb1\n",
      "failed to parse F: yaml: unmarshal errors:\n  line 2: cannot unmarshal !!str `cb1` into models.CapacityBlock",
    ],
    [
      "every value of another kind, with its line",
      "switches:\n- a\nblocks:\n- nodes: n1\n  labels: [a]\n- switch: {a: b}\n  nodes: [[1]]\n  annotations: {a: [], b: ok}\n- 12345678901\n- true\n- 1.5\n",
      [
        "failed to parse F: yaml: unmarshal errors:",
        "line 2: cannot unmarshal !!seq into map[string]*models.Switch",
        "line 5: cannot unmarshal !!seq into map[string]string",
        "line 4: cannot unmarshal !!str `n1` into []string",
        "line 8: cannot unmarshal !!seq into string",
        "line 6: cannot unmarshal !!map into string",
        "line 7: cannot unmarshal !!seq into string",
        "line 9: cannot unmarshal !!int `1234567...` into models.CapacityBlock",
        "line 10: cannot unmarshal !!bool `true` into models.CapacityBlock",
        "line 11: cannot unmarshal !!float `1.5` into models.CapacityBlock",
      ].join("\n  "),
    ],
    [
      "a document that is no mapping",
      "[]",
      'failed to parse F: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into struct { Switches map[string]*models.Switch "yaml:\\"switches\\""; Blocks []models.CapacityBlock "yaml:\\"blocks\\"" }',
    ],
    [
      "a key that stands twice",
      "switches:\n  a: {}\n  b: {}\n  a: {}\n",
      'failed to parse F: yaml: unmarshal errors:\n  line 4: mapping key "a" already defined at line 2',
    ],
    ["an alias of nothing", "blocks: *x", "failed to parse F: yaml: unknown anchor 'x' referenced"],
    ["an alias within what it stands for", "a: &a [*a]", "failed to parse F: yaml: anchor 'a' value contains itself"],
  ])("for %s", async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(new Error(message));
  });

  test.each([
    ["bad: model: error:", "failed to parse F: yaml: line 1: "],
    ["blocks:\n  - nodes: [a\n", "failed to parse F: yaml: line 3: "],
    ["blocks:\n\t- nodes: [a]\n", "failed to parse F: yaml: line 2: "],
    ["blocks:\n- nodes: ['a]\n", "failed to parse F: yaml: line 3: "],
    ["a: \u0001", "failed to parse F: yaml: line 1: "],
  ])("for what is no YAML, with its line: %j", async (text, beginning) => {
    const failure = await read(text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).toContain(`Error: ${beginning}`);
  });
});
