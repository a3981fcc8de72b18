import * as fc from "fast-check";
import { expect, test } from "vitest";
import { toParamMap } from "../params/to-param-map.ts";
import type { ParamValue } from "../params/param-value.ts";
import { ForeignMap } from "./foreign-map.ts";
import { goJson, goJsonString } from "./go-json-writer.ts";
import { readRequest } from "./read-request.ts";
import { requestId } from "./request-id.ts";

function idOf(text: string): string {
  return requestId(readRequest(Buffer.from(text)));
}

function withParams(params: string): string {
  return `{"provider":{"name":"test","params":${params}},"engine":{"name":"slurm"}}`;
}

test.each([
  ['{"provider":{"name":"test"},"engine":{"name":"slurm"}}', "c084c78a61a266a9"],
  ['{"provider":{"name":"test","params":{}},"engine":{"name":"slurm","params":{}}}', "1e012966d3b11091"],
  [
    '{"provider":{"name":"aws-sim","params":{"modelFileName":"medium.yaml"}},"engine":{"name":"slurm","params":{"plugin":"topology/block","blockSizes":[2,4]}}}',
    "2b61c7d1c1b7b0f7",
  ],
  [
    '{"provider":{"name":"test","params":{"modelFileName":"small-tree.yaml"}},"engine":{"name":"graph"}}',
    "c2712dc54f4ee5ca",
  ],
  // One digit of it is a zero that is not shown.
  [
    '{"provider":{"name":"oci-sim","params":{"modelFileName":"tests/models/large.yaml"}},"engine":{"name":"slurm","params":{"plugin":"topology/block","blockSizes":[8,16,32],"topologyConfigPath":"topology.conf"}}}',
    "26e5b83f35c5b1f",
  ],
  [withParams('{"k":1}'), "d0fba607da1ae5d4"],
  [withParams('{"k":1.0}'), "d0fba607da1ae5d4"],
  [withParams('{"k":-0}'), "3c02024912953cac"],
  [withParams('{"k":1e21}'), "39d2b155df14e005"],
  [withParams('{"k":1e-7}'), "6aba0830192c581f"],
  [withParams('{"k":"<a>&"}'), "567482f999fe0ac7"],
  [withParams('{"k":"é"}'), "587bde07aa07dd1"],
  [withParams('{"k":{"\uff5e":1,"😀":2}}'), "eed0a48e58f49803"],
])("%s has the id %s", (text, id) => {
  expect(idOf(text)).toBe(id);
});

test("nodes and credentials are no part of an id, and neither is the order of keys", () => {
  expect(idOf('{"engine":{"name":"slurm"},"nodes":[{}],"provider":{"creds":{"a":"b"},"name":"test"}}')).toBe(
    "c084c78a61a266a9",
  );
});

test.each([
  [-0, "-0"],
  [1e21, "1e+21"],
  [1e20, "100000000000000000000"],
  [1e-7, "1e-7"],
  [1e-6, "0.000001"],
  [0.1, "0.1"],
  ["\b\f\n\r\t\u0001\u001f", '"\\b\\f\\n\\r\\t\\u0001\\u001f"'],
  ["\u2028\u2029", '"\\u2028\\u2029"'],
  ["/\u007f\u0080é😀", '"/\u007f\u0080é😀"'],
  ["\ud800", '"\\ufffd"'],
  [[null, true, "<>&"], '[null,true,"\\u003c\\u003e\\u0026"]'],
])("%j is written as Go writes it", (value, text) => {
  expect(goJson(value)).toBe(text);
});

test("what JSON has no word for is refused in Go's words", () => {
  expect(() => goJson(Number.NaN)).toThrow("json: unsupported value: NaN");
  expect(() => goJson([-Infinity])).toThrow("json: unsupported value: -Inf");
  expect(() => goJson(new ForeignMap([["1", "a"]]))).toThrow("json: unsupported type: map[interface {}]interface {}");
});

test("any value is JSON that reads as the value, its keys in the order of their bytes", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (value) => {
      const text = goJson(toParamMap(value));
      expect(JSON.parse(text)).toEqual(value);
      expect(sortedJson(JSON.parse(text))).toBe(text);
    }),
  );
});

/** An independent writer: sorts by bytes, and escapes what JSON.stringify does not. */
function sortedJson(value: ParamValue | Record<string, ParamValue>): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${entries.map(([key, item]) => `${sortedJson(key)}:${sortedJson(item)}`).join(",")}}`;
  }
  if (Object.is(value, -0)) return "-0";
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

test("a text that needs no escape is written as it is", () => {
  expect(goJsonString("n[01-04]")).toBe('"n[01-04]"');
});
