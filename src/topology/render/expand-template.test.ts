import { expect, test } from "vitest";
import { expandTemplate } from "./expand-template.ts";

const groups: ReadonlyMap<number | string, string> = new Map<number | string, string>([
  [0, "rack-12"],
  [1, "rack"],
  [2, "12"],
  [12, "twelfth"],
  ["rack", "rack"],
  ["größe", "xl"],
  ["01", "by name"],
  ["1x", "by name too"],
]);

// As Go's documentation of Regexp.Expand has them, and what it does where a template is malformed.
test.each([
  ["", ""],
  ["plain", "plain"],
  ["$1-$2", "rack-12"],
  ["${1}x${2}", "rackx12"],
  ["$0", "rack-12"],
  ["$12", "twelfth"],
  ["${rack}$rack", "rackrack"],
  ["$größe", "xl"],
  ["$1x", "by name too"],
  ["$1_", ""],
  ["$3|${nobody}|", "||"],
  ["$$1", "$1"],
  ["$$$1", "$rack"],
  ["$", "$"],
  ["a$", "a$"],
  ["$-1", "$-1"],
  ["${1", "${1"],
  ["${}", "${}"],
  ["${1 }", "${1 }"],
  ["$ $1", "$ rack"],
  ["$01", "by name"],
  ["${1}$", "rack$"],
  ["$1234567890", ""],
])("%j becomes %j", (template, expanded) => {
  expect(expandTemplate(template, (group) => groups.get(group))).toBe(expanded);
});
