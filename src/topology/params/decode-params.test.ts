import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TopologyError } from "../topology-error.ts";
import { decodeParams } from "./decode-params.ts";
import type { ParamTable } from "./param-table.ts";
import { toParamMap } from "./to-param-map.ts";

const table = {
  plugin: { type: "string", doc: "" },
  blockSizes: { type: "int-list", doc: "" },
  blockName: {
    type: { object: { nodeNameRegexp: { type: "string", doc: "" }, format: { type: "string", doc: "" } } },
    doc: "",
  },
  reconfigure: { type: "bool", doc: "" },
  trimTiers: { type: "int", doc: "" },
  nodeSelector: { type: "string-map", doc: "" },
  topologies: {
    type: {
      mapOf: {
        plugin: { type: "string", doc: "" },
        nodes: { type: "string-list", doc: "" },
        blockSizes: { type: "int-list", doc: "" },
        clusterDefault: { type: "bool", doc: "" },
      },
    },
    doc: "",
  },
  podSelector: { type: "any", doc: "" },
} as const satisfies ParamTable;

const decode = (given: unknown) => decodeParams(table, toParamMap(given));

/** The refusal of what is given, or empty. */
function problemsOf(given: unknown): string {
  try {
    decode(given);
    return "";
  } catch (error) {
    if (error instanceof TopologyError && error.status === 400) return error.message;
    throw error;
  }
}

describe("what is taken", () => {
  test.each<[string, unknown, unknown]>([
    ["names in any case", { PLUGIN: "topology/tree", blocksizes: [1] }, { plugin: "topology/tree", blockSizes: [1] }],
    ["an exact name before one in another case", { PLUGIN: "a", plugin: "b", Plugin: "c" }, { plugin: "b" }],
    ["of several inexact names the first in bytes", { plugiN: "a", PLUGIN: "b" }, { plugin: "b" }],
    ["unknown names, which count for nothing", { colour: "red" }, {}],
    ["null, which is as good as absent", { plugin: null, blockSizes: null, topologies: null }, {}],
    [
      "text where numbers are asked for",
      { blockSizes: ["2", "4"], trimTiers: "-1" },
      { blockSizes: [2, 4], trimTiers: -1 },
    ],
    ["a plus and zeros before a number", { trimTiers: "+007" }, { trimTiers: 7 }],
    ["text where a truth is asked for", { reconfigure: "true" }, { reconfigure: true }],
    ["every spelling of a truth", { reconfigure: "F" }, { reconfigure: false }],
    ["fractions, cut off", { trimTiers: 2.7, blockSizes: [-2.7] }, { trimTiers: 2, blockSizes: [-2] }],
    ["a zero without its sign", { trimTiers: -0 }, { trimTiers: 0 }],
    ["numbers where text is asked for", { plugin: 12 }, { plugin: "12" }],
    ["a large number, written out", { plugin: 1_000_001 }, { plugin: "1000001" }],
    [
      "a huge and a tiny number",
      { plugin: 1e21, nodeSelector: { a: 1e-7 } },
      { plugin: "1e+21", nodeSelector: new Map([["a", "1e-07"]]) },
    ],
    ["truths where text is asked for", { plugin: true }, { plugin: "true" }],
    [
      "lists and objects where text is asked for",
      { plugin: [1, null, { b: "x", a: [] }] },
      { plugin: "[1 <nil> map[a:[] b:x]]" },
    ],
    ["null within a list, which is empty", { blockSizes: [null, 2] }, { blockSizes: [0, 2] }],
    ["numbers that do not fit, which become the smallest", { trimTiers: 1e300 }, { trimTiers: -(2 ** 63) }],
    [
      "anything where anything may be",
      { podSelector: { matchLabels: { a: "b" } } },
      { podSelector: toParamMap({ matchLabels: { a: "b" } }) },
    ],
    [
      "an object in an object",
      { blockName: { FORMAT: "$1", nodeNameRegexp: "(.*)" } },
      { blockName: { format: "$1", nodeNameRegexp: "(.*)" } },
    ],
    [
      "a map of text",
      { nodeSelector: { A: 1, a: null } },
      {
        nodeSelector: new Map([
          ["A", "1"],
          ["a", ""],
        ]),
      },
    ],
    [
      "a map of objects, whose names keep their case",
      { topologies: { T: { Nodes: [1101, "x"], clusterDEFAULT: "1" }, t: null } },
      {
        topologies: new Map([
          ["T", { nodes: ["1101", "x"], clusterDefault: true }],
          ["t", null],
        ]),
      },
    ],
  ])("%s", (_, given, decoded) => {
    expect(decode(given)).toEqual(decoded);
  });
});

describe("what is refused", () => {
  test.each<[unknown, string]>([
    [{ blockSizes: "2" }, "'blockSizes': source data must be an array or slice, got string"],
    [{ blockSizes: { a: 1 } }, "'blockSizes': source data must be an array or slice, got map"],
    [{ blockSizes: ["x"] }, `error decoding 'blockSizes[0]': invalid int "x"`],
    [{ reconfigure: "bad" }, `error decoding 'reconfigure': invalid bool "bad"`],
    [{ topologies: "x" }, "'topologies' expected a map, got 'string'"],
    [{ nodeSelector: 7 }, "'nodeSelector' expected a map, got 'float64'"],
    [{ nodeSelector: [] }, "'nodeSelector' expected a map, got 'slice'"],
    [{ blockName: true }, "'blockName' expected a map, got 'bool'"],
    [{ topologies: { t1: 1 } }, "'topologies[t1]' expected a map, got 'float64'"],
    [
      { topologies: { t1: { blockSizes: [1, "x"] } } },
      `error decoding 'topologies[t1].blockSizes[1]': invalid int "x"`,
    ],
    [{ trimTiers: true }, "'trimTiers' expected type 'int', got unconvertible type 'bool', value: 'true'"],
    [
      { trimTiers: { a: [1] } },
      "'trimTiers' expected type 'int', got unconvertible type 'map[string]interface {}', value: 'map[a:[1]]'",
    ],
    [{ reconfigure: 1 }, "'reconfigure' expected type 'bool', got unconvertible type 'float64', value: '1'"],
    [{ reconfigure: [] }, "'reconfigure' expected type 'bool', got unconvertible type '[]interface {}', value: '[]'"],
    [{ trimTiers: "" }, `error decoding 'trimTiers': invalid int ""`],
    [{ trimTiers: "2.0" }, `error decoding 'trimTiers': invalid int "2.0"`],
    [{ trimTiers: "9223372036854775808" }, `error decoding 'trimTiers': invalid int "9223372036854775808"`],
    [{ trimTiers: 'a"\n' }, String.raw`error decoding 'trimTiers': invalid int "a\"\n"`],
    [{ reconfigure: "constructor" }, `error decoding 'reconfigure': invalid bool "constructor"`],
  ])("%j: %s", (given, problem) => {
    expect(problemsOf(given)).toBe(`could not decode configuration: 1 error(s) decoding:\n\n* ${problem}`);
  });

  test("everything that is wrong is said at once, in the order of its bytes", () => {
    expect(problemsOf({ trimTiers: "x", reconfigure: 1, blockSizes: ["a", "b"], nodeSelector: "y" })).toBe(
      [
        "could not decode configuration: 5 error(s) decoding:",
        "",
        "* 'nodeSelector' expected a map, got 'string'",
        "* 'reconfigure' expected type 'bool', got unconvertible type 'float64', value: '1'",
        `* error decoding 'blockSizes[0]': invalid int "a"`,
        `* error decoding 'blockSizes[1]': invalid int "b"`,
        `* error decoding 'trimTiers': invalid int "x"`,
      ].join("\n"),
    );
  });

  test("simulations put their own words before the message", () => {
    expect(() => decodeParams(table, toParamMap({ trimTiers: "x" }), { prefix: "error decoding params: " })).toThrow(
      `error decoding params: could not decode configuration: 1 error(s) decoding:\n\n* error decoding 'trimTiers': invalid int "x"`,
    );
  });
});

test("whatever is given, the answer is the values of the table or a refusal", () => {
  fc.assert(
    fc.property(fc.object({ key: fc.constantFrom(...Object.keys(table), "PLUGIN", "__proto__") }), (given) => {
      const problems = problemsOf(given);
      const names = problems === "" ? Object.keys(decode(given)) : [];
      expect(names.every((name) => name in table)).toBe(true);
      expect(problems).toMatch(/^$|^could not decode configuration: \d+ error\(s\) decoding:\n\n\* /);
    }),
  );
});
