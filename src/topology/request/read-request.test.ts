import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GoJsonError } from "./go-json-scanner.ts";
import { readGoJson } from "./go-json-reader.ts";
import { readRequest } from "./read-request.ts";
import { requestId } from "./request-id.ts";

function read(text: string | Uint8Array) {
  return readRequest(typeof text === "string" ? Buffer.from(text) : text);
}

function failure(text: string | Uint8Array): string {
  try {
    read(text);
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^failed to parse payload: /, "") : String(error);
  }
  return "";
}

describe("what is taken", () => {
  const empty = { provider: { name: "" }, engine: { name: "" } };

  test.each([
    "",
    "{}",
    "null",
    " \n\t\r{ } ",
    '{"provider":null,"engine":null,"nodes":null}',
    '{"unknown":[1,{"a":"b"}]}',
  ])("%j is an empty request", (text) => {
    expect(read(text)).toMatchObject(empty);
    expect(read(text).provider.params).toBeUndefined();
    expect(read(text).nodes).toBeUndefined();
  });

  test("keys count in any case, also with the letters that Go folds", () => {
    expect(read('{"Provider":{"NAME":"test"},"ENGINE":{"nAmE":"slurm"}}')).toMatchObject({
      provider: { name: "test" },
      engine: { name: "slurm" },
    });
    expect(read('{"node\u017f":[{"inſtanceſ":{"i":"n"}}]}').nodes).toEqual([
      { region: "", instances: new Map([["i", "n"]]) },
    ]);
  });

  test("structs and maps given twice are merged, values given twice are replaced", () => {
    const request = read(
      '{"provider":{"name":"a","params":{"k":{"x":1},"l":1}},"PROVIDER":{"params":{"k":{"y":2}}},"provider":{"name":"b"}}',
    );
    expect(request.provider).toEqual({
      name: "b",
      creds: undefined,
      params: new Map<string, unknown>([
        ["k", new Map([["y", 2]])],
        ["l", 1],
      ]),
    });
    expect(read('{"engine":{"params":{"k":1,"k":2}}}').engine.params).toEqual(new Map([["k", 2]]));
    expect(read('{"engine":{"params":{"k":1},"params":null}}').engine.params).toBeUndefined();
  });

  test("a list of nodes that is given twice is merged region by region", () => {
    const text = '{"nodes":[{"region":"r","instances":{"a":"1"}},{"region":"s"}],"nodes":[{"instances":{"b":"2"}}]}';
    const both = new Map([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(read(text).nodes).toEqual([{ region: "r", instances: both }]);
    expect(read('{"nodes":[{"region":"r"}],"nodes":null}').nodes).toBeUndefined();
    expect(read('{"nodes":[]}').nodes).toEqual([]);
    expect(read('{"nodes":[null,{"instances":{"a":null}}]}').nodes).toEqual([
      { region: "", instances: new Map() },
      { region: "", instances: new Map([["a", ""]]) },
    ]);
  });

  test("a node that is given twice has its last name", () => {
    expect(read('{"nodes":[{"instances":{"a":"1","a":"2"}}]}').nodes?.[0]?.instances).toEqual(new Map([["a", "2"]]));
  });

  test("no key of parameters is special", () => {
    const { params } = read('{"provider":{"params":{"__proto__":{"x":1},"constructor":2,"":3}}}').provider;
    expect([...(params?.keys() ?? [])]).toEqual(["__proto__", "constructor", ""]);
    expect(Object.getPrototypeOf({})).not.toHaveProperty("x");
  });

  test.each([
    ['"\\ud800"', "\ufffd"],
    ['"\\udc00x"', "\ufffdx"],
    ['"\\ud800\\u0041"', "\ufffdA"],
    ['"\\ud800\\ud83d\\ude00"', "\ufffd😀"],
    ['"\\u00e9\\/\\b\\f\\n\\r\\t\\"\\\\"', 'é/\b\f\n\r\t"\\'],
  ])("the text %s is %j", (text, value) => {
    expect(read(`{"engine":{"name":${text}}}`).engine.name).toBe(value);
  });

  test("bytes that are no UTF-8 are one replacement character each", () => {
    const bytes = Buffer.concat([
      Buffer.from('{"engine":{"name":"a'),
      Buffer.from([0xe2, 0x82, 0xff]),
      Buffer.from('é"}}'),
    ]);
    expect(read(bytes).engine.name).toBe("a\ufffd\ufffd\ufffdé");
  });

  test("parameters may be nested as deep as Go allows, and no deeper", () => {
    const nested = (depth: number): string => `{"provider":{"params":{"k":${"[".repeat(depth)}${"]".repeat(depth)}}}}`;
    expect(requestId(read(nested(9_997)))).toMatch(/^[0-9a-f]+$/);
    expect(failure(nested(9_998))).toBe("invalid character '[' exceeded max depth");
  });
});

test.each([
  [
    '{"nodes":5}',
    "json: cannot unmarshal number into Go struct field Request.nodes of type []topology.ComputeInstances",
  ],
  ["{bad}", "invalid character 'b' looking for beginning of object key string"],
  ["{}x", "invalid character 'x' after top-level value"],
  ["[]", "json: cannot unmarshal array into Go value of type topology.Request"],
  ['"a"', "json: cannot unmarshal string into Go value of type topology.Request"],
  ["true", "json: cannot unmarshal bool into Go value of type topology.Request"],
  ["1", "json: cannot unmarshal number into Go value of type topology.Request"],
  ['{"provider":"x"}', "json: cannot unmarshal string into Go struct field Request.provider of type topology.Provider"],
  ['{"engine":[]}', "json: cannot unmarshal array into Go struct field Request.engine of type topology.Engine"],
  [
    '{"PROVIDER":{"Name":1}}',
    "json: cannot unmarshal number into Go struct field Provider.provider.name of type string",
  ],
  [
    '{"engine":{"params":1}}',
    "json: cannot unmarshal number into Go struct field Engine.engine.params of type map[string]interface {}",
  ],
  [
    '{"provider":{"creds":"x"}}',
    "json: cannot unmarshal string into Go struct field Provider.provider.creds of type map[string]interface {}",
  ],
  [
    '{"nodes":[1]}',
    "json: cannot unmarshal number into Go struct field Request.nodes of type topology.ComputeInstances",
  ],
  [
    '{"nodes":[{"region":{}}]}',
    "json: cannot unmarshal object into Go struct field ComputeInstances.nodes.region of type string",
  ],
  [
    '{"nodes":[{"instances":{"a":1}}]}',
    "json: cannot unmarshal number into Go struct field ComputeInstances.nodes.instances of type string",
  ],
  [
    '{"nodes":[{"instances":[]}]}',
    "json: cannot unmarshal array into Go struct field ComputeInstances.nodes.instances of type map[string]string",
  ],
  [
    '{"provider":{"params":{"k":[1e400]}}}',
    "json: cannot unmarshal number 1e400 into Go struct field Provider.provider.params of type float64",
  ],
  [
    '{"unknown":1e400,"provider":{"name":1e400}}',
    "json: cannot unmarshal number into Go struct field Provider.provider.name of type string",
  ],
  ['{"nodes":5}x', "invalid character 'x' after top-level value"],
  ["\ufeff{}", "invalid character 'ï' looking for beginning of value"],
  ["  ", "unexpected end of JSON input"],
  ["{", "unexpected end of JSON input"],
  ['{"a"', "unexpected end of JSON input"],
  ['{"a":', "unexpected end of JSON input"],
  ['{"a":"b', "unexpected end of JSON input"],
  ["tru", "invalid character ' ' in literal true (expecting 'e')"],
  ["nulx", "invalid character 'x' in literal null (expecting 'l')"],
  ["-", "invalid character ' ' in numeric literal"],
  ["-a", "invalid character 'a' in numeric literal"],
  ["01", "invalid character '1' after top-level value"],
  ["1.", "invalid character ' ' after decimal point in numeric literal"],
  ["1e+", "invalid character ' ' in exponent of numeric literal"],
  ["'a'", "invalid character '\\'' looking for beginning of value"],
  ["\\", "invalid character '\\\\' looking for beginning of value"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ["[1 2]", "invalid character '2' after array element"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ['"\n"', "invalid character '\\n' in string literal"],
  ['"\u0001"', "invalid character '\\x01' in string literal"],
  ['"\\q"', "invalid character 'q' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ["\u007f", "invalid character '\\x7f' looking for beginning of value"],
  ["\u00a0", "invalid character 'Â' looking for beginning of value"],
])("%j is refused as Go refuses it", (text, message) => {
  expect(failure(text)).toBe(message);
});

test("a byte that is no UTF-8 is named as Go names it", () => {
  expect(failure(Buffer.from([0x7b, 0xad]))).toBe(
    "invalid character '\\u00ad' looking for beginning of object key string",
  );
});

test("all JSON that JSON.parse reads is read alike, and what it refuses is refused", () => {
  const texts = fc.oneof(
    fc.json(),
    fc.json().map((text) => text.slice(0, -1)),
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:\\ue019.-+tfn \n')) }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      // JavaScript keeps halves of surrogate pairs, Go does not.
      fc.pre(!/\\u[dD][89a-fA-F]|[\ud800-\udfff]/.test(text));
      expect(outcome(() => plain(readGoJson(Buffer.from(text), { shallow: 0 })))).toEqual(
        outcome((): unknown => JSON.parse(text)),
      );
    }),
    { numRuns: 2_000 },
  );
});

function outcome(work: () => unknown): unknown {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof GoJsonError || error instanceof SyntaxError) return "no JSON";
    throw error;
  }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  const found: Record<string, unknown> = {};
  for (const [key, item] of value) {
    Object.defineProperty(found, String(key), {
      value: plain(item),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return found;
}
