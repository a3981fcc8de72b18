import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leastRequest, post, sendRaw, servedTopology } from "../../../test/served-topology.ts";
import { SluiceError } from "../../errors.ts";
import type { TokenScope } from "../../schema/api-token.ts";
import { doorLimits, type OpenDoor } from "../listen.ts";

let served: Awaited<ReturnType<typeof servedTopology>>;
let door: OpenDoor;

beforeAll(async () => {
  served = await servedTopology(20);
  door = await served.open();
});
afterAll(() => served[Symbol.asyncDispose]());

describe("hostile input", () => {
  test("a body that says it is 100 MB is refused before it comes", async () => {
    const answer = await sendRaw(
      door,
      "POST /v1/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\nExpect: 100-continue\r\n\r\n",
    );
    expect(answer).toMatch(
      /413 [\s\S]*Connection: close\r\n\r\nthe body is larger than 33554432 bytes, the bound of this server\n$/,
    );
  });

  test("a body without a length is read to the bound, and its sender reads why it is refused", async () => {
    const own = await served.open({ bodyBytes: 64 * 1024 });
    const chunk = Buffer.alloc(16 * 1024, " ");
    const parts = Array.from({ length: 64 }, () => [`${chunk.length.toString(16)}\r\n`, chunk, "\r\n"]).flat();
    const answer = await sendRaw(
      own,
      "POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
      ...parts,
      "0\r\n\r\n",
    );
    expect(answer).toMatch(/413 [\s\S]*the body is larger than 65536 bytes/);
  });

  test("a body that comes too slowly is given up", async () => {
    const own = await served.open({ limits: { ...doorLimits, headersMs: 500, requestMs: 500, lookMs: 50 } });
    const answer = await sendRaw(own, "POST /v1/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("no key of a request reaches the program itself", async () => {
    const body =
      '{"__proto__":{"name":"x"},"provider":{"name":"test","params":{"__proto__":{"modelFileName":"x"}}},"engine":{"name":"constructor"}}';
    const response = await post(door, "/v1/generate", body);
    expect([response.status, await response.text()]).toEqual([400, "unsupported engine constructor\n"]);
  });

  test("deep nesting is refused in Go's words", async () => {
    const response = await post(door, "/v1/generate", "[".repeat(100_000));
    expect([response.status, await response.text()]).toEqual([
      400,
      "failed to parse payload: invalid character '[' exceeded max depth\n",
    ]);
  });

  test("pages of foreign sites, and names that are not ours, are refused", async () => {
    const foreign = await post(door, "/v1/generate", leastRequest, { origin: "https://evil.example" });
    expect(foreign.status).toBe(403);
    expect(
      await sendRaw(door, "GET /v1/requests HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
    ).toContain(" 421 ");
  });
});

test("a store that is away is told, without a word of the program", async () => {
  const own = await served.open({
    scopeOf: async () => Promise.reject(new SluiceError("STORE_UNAVAILABLE", "the database of jobs cannot be used")),
  });
  const response = await fetch(`${own.url}/v1/requests`);
  expect([response.status, await response.text()]).toEqual([503, "the database of jobs cannot be used\n"]);
});

test("where tokens are asked for, viewers read, operators make topologies, and health is everybody's", async () => {
  const scopes: Readonly<Record<string, TokenScope>> = { "Bearer v": "viewer", "Bearer o": "operator" };
  const own = await served.open({ scopeOf: async (given = "") => scopes[given] });
  const status = async (path: string, method: string, token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${own.url}${path}`, { method, headers, ...(method === "POST" && { body: leastRequest }) }))
      .status;
  };
  expect(await status("/healthz", "GET")).toBe(200);
  expect(await status("/metrics", "GET")).toBe(401);
  expect(await status("/metrics", "GET", "v")).toBe(200);
  expect(await status("/v1/generate", "POST")).toBe(401);
  expect(await status("/v1/generate", "POST", "x")).toBe(401);
  expect(await status("/v1/generate", "POST", "v")).toBe(403);
  expect(await status("/v1/generate", "POST", "o")).toBe(202);
  expect(await status("/v1/requests", "GET", "v")).toBe(200);
});
