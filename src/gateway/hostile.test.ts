import { assert, asyncProperty, constant, constantFrom, integer, jsonValue, oneof, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { fakeGateway } from "../../test/fake-gateway.ts";
import { Problem } from "../schema/api-problem.ts";
import { exampleJobId } from "./contract/job-operations.ts";

const job = { script: "#!/bin/sh\n" };
const post = (body: unknown, more: RequestInit = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  ...more,
});

// Much text, and a machine that may have other work.
describe("hostile input is the client's fault, never the server's", { timeout: 60_000 }, () => {
  const nasty = [
    "'",
    '"',
    "\n",
    "\0",
    "$(touch /tmp/x)",
    "`id`",
    "; rm -rf /",
    "../../etc/passwd",
    "\u202e",
    "🦆",
    "%00",
    "__proto__",
    "constructor",
  ];
  const texts = oneof(string({ unit: "binary" }), constantFrom(...nasty), constant("x".repeat(1024 * 1024)));

  test("bodies of any JSON", async () => {
    const { request } = fakeGateway();
    await assert(
      asyncProperty(jsonValue(), async (body) => {
        expect((await request("/v1/jobs", post(body))).status).toBeLessThan(500);
        expect((await request("/v1/jobs:batch", post({ jobs: [body] }))).status).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
  });

  test("any text in any field", async () => {
    const { request } = fakeGateway();
    const fields = ["cluster", "name", "script", "cwd", "array", "time", "output", "dependency", "mem"];
    await assert(
      asyncProperty(constantFrom(...fields), texts, async (field, text) => {
        expect((await request("/v1/jobs", post({ ...job, [field]: text }))).status).toBeLessThan(500);
        const lists = { ...job, args: [text], env: { [text]: text }, labels: { [text]: text } };
        expect((await request("/v1/jobs", post(lists))).status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });

  test("any text in paths, queries and headers", async () => {
    const { request } = fakeGateway();
    const headerText = string({
      unit: integer({ min: 0x20, max: 0xff }).map((code) => String.fromCodePoint(code)),
    });
    await assert(
      asyncProperty(texts, headerText, async (text, header) => {
        const word = encodeURIComponent(Buffer.from(text).toString());
        for (const path of [
          `/v1/jobs/${word}`,
          `/v1/jobs/${word}/output?offset=${word}`,
          `/v1/jobs?${word}=${word}&cursor=${word}`,
          `/v1/jobs/${exampleJobId}/files/${word}`,
          `/v1/clusters/dev/files/${word}`,
        ]) {
          expect((await request(path)).status).toBeLessThan(500);
        }
        const headers = {
          "idempotency-key": header,
          "x-request-id": header,
          "last-event-id": header,
          traceparent: header,
        };
        expect((await request("/v1/jobs", post(job, { headers }))).status).toBeLessThan(500);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["deep JSON", "[".repeat(1_000_000)],
    ["deep and whole JSON", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ["nothing", ""],
    ["a prototype", '{"__proto__": {"script": "#!/bin/sh"}, "constructor": 1}'],
    ["half a body", '{"script": "#!'],
    ["half a character", '{"script": "#!/bin/sh\\n# \\ud83d"}'],
    ["the other half, in a name", '{"script": "#!/bin/sh\\n", "env": {"\\uDC00": "x"}}'],
  ])("%s", async (_, body) => {
    const { request } = fakeGateway();
    const response = await request("/v1/jobs", { method: "POST", body });
    expect(response.status).toBe(400);
    expect(Problem.parse(await response.json()).code).toBe("INPUT_INVALID");
  });

  test("whole characters, and backslashes before what looks like halves, are taken", async () => {
    const { request, service } = fakeGateway();
    const body = '{"script": "#!/bin/sh\\n# \\ud83d\\ude80 \\\\ud83d \\\\\\\\ud83d"}';
    expect((await request("/v1/jobs", { method: "POST", body })).status).toBe(201);
    expect(service.submitted[0]?.script).toBe("#!/bin/sh\n# 🚀 \\ud83d \\\\ud83d");
  });

  test("a path that is not UTF-8", async () => {
    const { request } = fakeGateway();
    expect((await request("/v1/jobs/%ff%fe")).status).toBe(404);
  });
});
