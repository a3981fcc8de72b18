import { expect, test } from "vitest";
import { toParamMap } from "../params/to-param-map.ts";
import { describeRequest } from "./describe-request.ts";
import { readRequest } from "./read-request.ts";
import { checkNames, noDefaults, withDefaults } from "./request-defaults.ts";

const read = (text: string) => readRequest(Buffer.from(text));
const known = { providers: ["test"], engines: ["slurm"] };

test("names and parameters that a request leaves out are the configuration's, parameter by parameter", () => {
  const defaults = {
    provider: "test",
    providerParams: toParamMap({ a: 1, deep: { x: 1 } }),
    engine: "slurm",
    engineParams: toParamMap({ plugin: "topology/tree" }),
  };
  const request = withDefaults(read('{"provider":{"params":{"deep":{"y":2}}},"engine":{"name":"graph"}}'), defaults);
  expect(request.provider.params).toEqual(toParamMap({ a: 1, deep: { y: 2 } }));
  expect([request.provider.name, request.engine.name]).toEqual(["test", "graph"]);
  expect(request.engine.params).toEqual(toParamMap({ plugin: "topology/tree" }));
});

test("without defaults an absent parameter stays absent, which an empty one is not", () => {
  expect(withDefaults(read("{}"), noDefaults).provider.params).toBeUndefined();
  expect(withDefaults(read('{"provider":{"params":{}}}'), noDefaults).provider.params).toEqual(new Map());
});

test.each([
  ["", "no provider given for topology request"],
  ['{"provider":{"name":"X"}}', "unsupported provider X"],
  ['{"provider":{"name":"test"}}', "no engine given for topology request"],
  ['{"provider":{"name":"test"},"engine":{"name":"X"}}', "unsupported engine X"],
  ['{"provider":{"name":"X"},"engine":{"name":"Y"}}', "unsupported provider X"],
])("%j is refused: %s", (text, message) => {
  expect(() => checkNames(read(text), known)).toThrow(expect.objectContaining({ status: 400, message }));
});

test("the log shows no credential, and no line that a request has made up", () => {
  const text = describeRequest(
    read(
      '{"provider":{"name":"a\\nb","creds":{"token":"s3cret"},"params":{"k":"v\\u001b"}},"nodes":[{"region":"r","instances":{"i":"n"}}]}',
    ),
  );
  expect(text).toBe(
    [
      "TopologyRequest:",
      "  Provider: a\\x0ab",
      "  Credentials: [token:***]",
      "  Parameters: [k:v\\x1b]",
      "  Engine:",
      "  Parameters: []",
      "  Nodes: r: [1 instances]",
    ].join("\n"),
  );
});
