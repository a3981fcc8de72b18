import * as fc from "fast-check";
import { CORE_SCHEMA, load as loadJsYaml, YAML11_SCHEMA } from "js-yaml";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { yamlScalar } from "./yaml-scalar.ts";

test.each([
  ["core", "core"],
  ["spA,spB", "spA,spB"],
  ["n[1-3,5]", "n[1-3,5]"],
  ["b:1", "b:1"],
  ["blök", "blök"],
  ["a#b", "a#b"],
  ["it's", "it's"],
  ["08:3g", "08:3g"],
  ["[1101-1102]", "'[1101-1102]'"],
  ["a #b: c", "'a #b: c'"],
  ["- x", "'- x'"],
  ["-", "'-'"],
  ["-x", "-x"],
  ["?", "'?'"],
  ["ends:", "'ends:'"],
  ["'quoted", "'''quoted'"],
  [" blank", "' blank'"],
  ["*all", "'*all'"],
  ["---", "'---'"],
  ["1101", '"1101"'],
  ["1_101", '"1_101"'],
  ["010", '"010"'],
  ["0x1F", '"0x1F"'],
  ["0o17", '"0o17"'],
  ["-0b1", '"-0b1"'],
  ["n", '"n"'],
  ["yes", '"yes"'],
  ["Off", '"Off"'],
  ["TRUE", '"TRUE"'],
  ["null", '"null"'],
  ["~", '"~"'],
  ["", '""'],
  ["12:30", '"12:30"'],
  ["1e3", '"1e3"'],
  [".5", '".5"'],
  ["-.inf", '"-.inf"'],
  [".NaN", '".NaN"'],
  ["2026-11-23", '"2026-11-23"'],
  ["2026-11-23-rack", "2026-11-23-rack"],
  ["10", '"10"'],
  ["tab\there", '"tab\\there"'],
  ["two\nlines", '"two\\nlines"'],
  ["\u0001\u0085\u2028\ufeff", '"\\x01\\N\\L\\uFEFF"'],
  ["node-😀", '"node-\\U0001F600"'],
])("%j is written %s", (text, written) => {
  expect(yamlScalar(text)).toBe(written);
});

const telling = fc.constantFrom(
  ..."0123456789_-+.:#,[]{}&*!|>'\"%@`~?=<abeEfnNyYoOxXTZ /\\\t\n\r\u0085\u2028\ufeff".split(""),
  "true",
  "null",
  "é",
  "😀",
);
const texts = fc.oneof(
  fc.array(telling, { maxLength: 8 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 12 }),
);

// One reader takes an exponent by itself (`e0`) for a number, which YAML 1.1 does not.
test.each<{ reader: string; read: (document: string) => unknown; except?: RegExp }>([
  { reader: "yaml as 1.2", read: (document) => parseYaml(document, { version: "1.2" }) },
  {
    reader: "yaml as 1.1",
    read: (document) => parseYaml(document, { version: "1.1" }),
    except: /^[-+]?[eE][-+]?[0-9_]+$/,
  },
  { reader: "js-yaml as 1.2", read: (document) => loadJsYaml(document, { schema: CORE_SCHEMA }) },
  { reader: "js-yaml as 1.1", read: (document) => loadJsYaml(document, { schema: YAML11_SCHEMA }) },
])("any text is read again as it was, by $reader", ({ read, except }) => {
  fc.assert(
    fc.property(texts, (text) => {
      fc.pre(except?.test(text) !== true);
      expect(read(`- name: ${yamlScalar(text)}\n  next: 1\n`)).toEqual([{ name: text, next: 1 }]);
    }),
    { numRuns: 2000 },
  );
});
