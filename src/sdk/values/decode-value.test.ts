import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../errors.ts";
import { decodeValue } from "./decode-value.ts";
import { encodeResult } from "./encode-result.ts";

const sources = { file: () => new Uint8Array(3), job: () => "value" };

/** Whether decoding gives a value or the one error that damaged input has, and leaves no trace. */
async function isDecodedOrRefused(encoded: unknown): Promise<boolean> {
  try {
    await decodeValue(encoded, sources);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "VALUE_UNREADABLE") return false;
  }
  return Object.getOwnPropertyNames(Object.prototype).length === ownNames;
}
const ownNames = Object.getOwnPropertyNames(Object.prototype).length;

const marks = [
  "$undefined",
  "$number",
  "$bigint",
  "$date",
  "$regexp",
  "$url",
  "$map",
  "$set",
  "$error",
  "$bytes",
  "$nullPrototype",
  "$ref",
  "$hole",
  "$job",
  "$$date",
  "__proto__",
  "type",
  "name",
  "message",
  "kind",
  "base64",
  "length",
  "fields",
];

const { damaged } = fc.letrec((tie) => ({
  damaged: fc.oneof(
    fc.constantFrom(
      "NaN",
      "Error",
      "Buffer",
      "AAAA",
      "",
      true,
      null,
      0,
      3,
      -1,
      1e300,
      "(",
      "2026-01-01T00:00:00.000Z",
      "../x",
    ),
    fc.jsonValue(),
    fc.array(tie("damaged"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...marks), tie("damaged"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

test("any JSON is a value or the typed error, and nothing else comes of it", async () => {
  await fc.assert(
    fc.asyncProperty(damaged, async (value) => {
      expect(await isDecodedOrRefused(value)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("a value whose text was damaged anywhere is a value or the typed error", async () => {
  const whole = encodeResult(
    [
      new Map<unknown, unknown>([[1n, new Set([undefined, -0])]]),
      new Date(0),
      /x/g,
      new URL("http://a/"),
      new TypeError("no", { cause: Buffer.from("bytes") }),
      Object.create(null),
    ],
    { fileName: String },
  ).json;
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.nat(10), fc.string({ maxLength: 3 }), async (at, cut, put) => {
      let value: unknown;
      try {
        value = JSON.parse(whole.slice(0, at) + put + whole.slice(at + cut));
      } catch {
        return;
      }
      expect(await isDecodedOrRefused(value)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

describe("what is not as Sluice writes it is refused", () => {
  const wrong: readonly (readonly [what: string, json: string, message: string])[] = [
    ["an unknown mark", '{"$model":1}', 'the unknown mark "$model"'],
    ["a mark beside a field", '{"$date":null,"a":1}', 'beside "$date" stands another field'],
    ["a reference to what comes later", '[{"$ref":1},[]]', "has not come"],
    ["a date that no calendar has", '{"$date":"2026-02-30T00:00:00.000Z"}', "$date holds no date"],
    ["a regular expression that is none", '{"$regexp":{"source":"(","flags":""}}', "Invalid regular expression"],
    ["an address that is none", '{"$url":"nowhere"}', "Invalid URL"],
    ["a map of something else", '{"$map":[[1]]}', "no pair"],
    ["a file outside the job's folder", '{"$bytes":{"kind":"Buffer","name":"../x","length":1}}', "names no file"],
    ["a job outside the folder of jobs", '{"$job":{"id":"../../x"}}', "names no job"],
    ["half of an element", '{"$bytes":{"kind":"Float64Array","base64":"AAAA"}}', 'holds no "Float64Array"'],
    ["base64 with something between", '{"$bytes":{"kind":"Buffer","base64":"AA AA"}}', "no base64"],
    ["an array longer than any", '[{"$hole":4294967295},1]', "longer than any can be"],
    ["an error of a type that is none", '{"$error":{"type":"constructor","name":"a","message":""}}', "unknown type"],
    ["a number that is written otherwise", '{"$number":"7"}', "$number holds no number"],
    ["too many levels", `${"[".repeat(5_000)}${"]".repeat(5_000)}`, "deeper than 1000 levels"],
  ];

  test.each(wrong)("%s", async (_what, json, message) => {
    const decoding = decodeValue(JSON.parse(json), sources);
    await expect(decoding).rejects.toMatchObject({
      code: "VALUE_UNREADABLE",
      message: expect.stringContaining(message),
    });
  });

  test("bytes and jobs where none can be had", async () => {
    const bytes = { $bytes: { kind: "Buffer", name: "result.0.bin", length: 3 } };
    await expect(decodeValue(bytes)).rejects.toMatchObject({ code: "VALUE_UNREADABLE" });
    await expect(decodeValue({ $job: { id: "mock-1" } })).rejects.toMatchObject({ code: "VALUE_UNREADABLE" });
  });

  test("what a source throws is thrown as it is", async () => {
    const gone = new SluiceError("CLUSTER_UNREACHABLE", "gone");
    await expect(decodeValue({ $job: { id: "mock-1" } }, { job: () => Promise.reject(gone) })).rejects.toBe(gone);
  });
});
