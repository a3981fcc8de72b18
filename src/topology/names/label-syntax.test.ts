import { expect, test } from "vitest";
import { labelKeyProblems, labelValueProblems } from "./label-syntax.ts";

const name = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const nameRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${name}')`;

test.each(["a", "A.b_c-1", "example.com/accelerator-domain", `${"x".repeat(253)}/${"y".repeat(63)}`])(
  "%j is a label's name",
  (key) => {
    expect(labelKeyProblems(key)).toEqual([]);
  },
);

test.each([
  ["", ["name part must be non-empty", `name part ${nameRule}`]],
  ["not a label", [`name part ${nameRule}`]],
  ["/a", ["prefix part must be non-empty"]],
  ["y".repeat(64), ["name part must be no more than 63 characters"]],
  [`${"x".repeat(254)}/a`, ["prefix part must be no more than 253 characters"]],
  ["a/b/c", [`a qualified name ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]],
  [
    "Example/a",
    [
      "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
])("what is wrong with the name %j is said as Kubernetes says it", (key, problems) => {
  expect(labelKeyProblems(key)).toEqual(problems);
});

test("values of labels are checked as an API server does", () => {
  expect(labelValueProblems("")).toEqual([]);
  expect(labelValueProblems("a.b_C-9")).toEqual([]);
  const rule = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${name})?')`;
  expect(labelValueProblems("a/b")).toEqual([rule]);
  expect(labelValueProblems("-")).toEqual([rule]);
  expect(labelValueProblems("x".repeat(64))).toEqual(["must be no more than 63 characters"]);
  expect(labelValueProblems("ü".repeat(32))).toEqual(["must be no more than 63 characters", rule]);
});
