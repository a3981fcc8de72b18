import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import { createServer as createRawServer, type Server } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { inTurn, wireServer, type WireAnswer, type WireServer } from "../../test/wire-server.ts";
import type { Clock } from "../jobs/clock.ts";
import { isRetriable, retryAfterMs, retryingFetch, type FetchRequest } from "./retrying-fetch.ts";

const { signal } = new AbortController();
const ok = { status: 200, body: "fine" } as const;

describe("a request to a topology service", () => {
  test("is answered with status, headers and body", async () => {
    const server = await serve(inTurn({ status: 201, headers: { "x-kind": "leaf" }, body: "ü" }));
    const { response } = await send(server, { method: "POST", headers: { "x-own": "1" }, body: "asked" });
    expect(response).toMatchObject({ status: 201, body: "ü", headers: { "x-kind": "leaf" } });
    expect(server.requests).toMatchObject([{ method: "POST", body: "asked", headers: { "x-own": "1" } }]);
  });

  test.each([408, 429, 500, 502, 503, 504])("is tried five times while the answer is %i", async (status) => {
    const server = await serve(inTurn({ status, body: `refused ${status}` }));
    const { error, waits } = await send(server);
    expect(error).toMatchObject({ status, message: `refused ${status}` });
    expect(server.requests).toHaveLength(5);
    expect(waits).toEqual([500, 1000, 2000, 4000]);
  });

  test.each([301, 400, 401, 403, 404, 409, 501])("is not tried again after %i", async (status) => {
    const server = await serve(inTurn({ status, body: "no" }));
    const { error, waits } = await send(server);
    expect(error).toMatchObject({ status, message: "no" });
    expect(server.requests).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  test("ends with the first try that goes well", async () => {
    const server = await serve(inTurn({ status: 503 }, { status: 429 }, ok));
    const { response, waits, told } = await send(server);
    expect(response?.body).toBe("fine");
    expect(waits).toEqual([500, 1000]);
    expect(told).toHaveLength(2);
    expect(told[0]).toMatch(/failed with status 503; trying again in 500 ms$/);
  });

  test("waits as long as the server asks, for that one time", async () => {
    const slow = (after: string): WireAnswer => ({ status: 429, headers: { "retry-after": after } });
    const server = await serve(inTurn(slow("7"), { status: 500 }, slow("0"), ok));
    const { response, waits } = await send(server);
    expect(response?.body).toBe("fine");
    expect(waits).toEqual([7000, 1000, 0]);
  });

  test("ends while it waits, when its signal aborts", async () => {
    const server = await serve(inTurn({ status: 503 }));
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    const clock: Clock = {
      now: () => 0,
      sleep: async () => controller.abort(reason),
    };
    await expect(retryingFetch({ url: server.url }, controller.signal, { clock })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  test("ends while the server is silent, when its signal aborts", async () => {
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    const server = await serve(() => {
      controller.abort(reason);
      return "hang";
    });
    await expect(retryingFetch({ url: server.url }, controller.signal)).rejects.toBe(reason);
  });

  test("gives up on a silent server after its deadline, which counts as a failure of transport", async () => {
    const server = await serve(() => "hang");
    const { error, waits } = await send(server, { deadlineMs: 20 });
    expect(error).toMatchObject({ status: 502, message: expect.stringMatching(/: no answer within 20 ms$/) });
    expect(waits).toHaveLength(4);
  });

  test("gives up on an answer that does not end, after the same deadline", async () => {
    const server = createRawServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    });
    const { error } = await send({ url: await listening(server) }, { deadlineMs: 50 });
    expect(error).toMatchObject({ status: 502, message: expect.stringMatching(/: no answer within 50 ms$/) });
  });

  test("answers 502 where no one listens, and says where that was", async () => {
    const server = createRawServer();
    const url = new URL("/v1/topology?token=secret", await listening(server));
    server.close();
    await once(server, "close");
    const { error, waits } = await send({ url }, { headers: { authorization: "Bearer secret" } });
    expect(error).toMatchObject({ status: 502 });
    expect(error?.message).toMatch(/^GET http:\/\/127\.0\.0\.1:\d+\/v1\/topology: connect ECONNREFUSED/);
    expect(error?.message).not.toContain("secret");
    expect(waits).toHaveLength(4);
  });

  test("takes an answer that breaks off for a failure that may pass", async () => {
    const server = createRawServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    });
    const { error, waits } = await send({ url: await listening(server) });
    expect(error).toMatchObject({ status: 500, message: expect.stringMatching(/^failed to read HTTP response: /) });
    expect(waits).toHaveLength(4);
  });

  test("refuses an answer that is too long, once", async () => {
    const server = await serve(inTurn({ status: 200, body: "x".repeat(11) }));
    const { error, waits } = await send(server, { maxBytes: 10 });
    expect(error).toMatchObject({ status: 502, message: expect.stringMatching(/longer than 10 bytes$/) });
    expect(waits).toEqual([]);
  });

  test("refuses a header that cannot be sent, without its value, and a scheme that is none of http", async () => {
    const server = await serve(inTurn(ok));
    const { error, waits } = await send(server, { headers: { authorization: "Bearer sec\nret" } });
    expect(error).toMatchObject({ status: 400 });
    expect(error?.message).not.toMatch(/sec|ret|Bearer/);
    expect(waits).toEqual([]);
    expect(await send({ url: new URL("ftp://example.com/x") })).toMatchObject({ error: { status: 400 } });
    expect(server.requests).toEqual([]);
  });
});

describe("what a server says of a failure", () => {
  test("is told without the credentials that it repeats", async () => {
    const server = await serve(({ headers, body }) => ({ status: 403, body: `no: ${headers.authorization} ${body}` }));
    const { error } = await send(server, {
      method: "POST",
      headers: { Authorization: "Bearer t0ken" },
      body: JSON.stringify({ user: "me", password: 'pass"word' }),
      secrets: ['pass"word'],
    });
    expect(error?.message).toBe('no: Bearer *** {"user":"me","password":"***"}');
  });

  test("is cut off where it is a page without an end", async () => {
    const server = await serve(() => ({ status: 404, body: "x".repeat(100_000) }));
    const { error } = await send(server);
    expect(error?.message).toBe(`${"x".repeat(65_536)}…`);
  });
});

describe("a redirection", () => {
  test("within a server is followed with all headers", async () => {
    const server = await serve(({ url }) =>
      url.pathname === "/new" ? ok : { status: 302, headers: { location: "/new" } },
    );
    const { response } = await send(server, { headers: { authorization: "Bearer t" } });
    expect(response?.body).toBe("fine");
    expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer t");
  });

  test("to another host is followed without what belongs to the first", async () => {
    const other = await serve(inTurn(ok));
    const server = await serve(inTurn({ status: 307, headers: { location: other.url.href } }));
    const headers = { authorization: "Bearer t", "x-organization": "o", accept: "application/json" };
    const { response } = await send(server, { headers });
    expect(response?.body).toBe("fine");
    const [followed] = other.requests;
    expect(followed).toMatchObject({ method: "GET", headers: { accept: "application/json" } });
    expect(followed?.headers.authorization).toBeUndefined();
    expect(followed?.headers["x-organization"]).toBeUndefined();
  });

  test("to another host is not followed with a body, which may hold a password", async () => {
    const other = await serve(inTurn(ok));
    const server = await serve(inTurn({ status: 307, headers: { location: other.url.href } }));
    const { error, waits } = await send(server, { method: "POST", body: "password" });
    expect(error).toMatchObject({
      status: 502,
      message: expect.stringMatching(/leads elsewhere, where nothing is sent$/),
    });
    expect(waits).toEqual([]);
    expect(other.requests).toEqual([]);
  });

  test("after a POST asks for what is there", async () => {
    const server = await serve(({ method }) =>
      method === "GET" ? ok : { status: 303, headers: { location: "/got" } },
    );
    await send(server, { method: "POST", body: "b" });
    expect(server.requests.map(({ method, body }) => [method, body])).toEqual([
      ["POST", "b"],
      ["GET", ""],
    ]);
  });

  test("without an end is refused", async () => {
    const server = await serve(inTurn({ status: 302, headers: { location: "/again" } }));
    const { error } = await send(server);
    expect(error).toMatchObject({ status: 502, message: expect.stringMatching(/stopped after 10 redirects$/) });
    expect(server.requests).toHaveLength(11);
  });
});

test("a certificate of the server's own making is taken only where that is asked for", async () => {
  const fixtures = new URL("../clusters/slurm/rest/fixtures/tls/", import.meta.url);
  const [key, cert] = await Promise.all(
    ["key.pem", "certificate.pem"].map((name) => readFile(new URL(name, fixtures))),
  );
  const server = createTlsServer({ key, cert }, (_request, response) => response.end("secure"));
  const url = await listening(server, "https");
  expect((await send({ url }, { insecureTls: true })).response?.body).toBe("secure");
  expect((await send({ url })).error).toMatchObject({ status: 502 });
});

test("the statuses that are tried again are those of Topograph", () => {
  const statuses = Array.from({ length: 500 }, (_, index) => 100 + index);
  expect(statuses.filter(isRetriable)).toEqual([408, 429, 500, 502, 503, 504]);
});

test.each([
  ["5", 5000],
  ["0", 0],
  ["+5", 5000],
  ["1000", 300_000],
  ["99999999999999999999", 300_000],
  ["-1", undefined],
  ["5.5", undefined],
  ["", undefined],
  ["invalid", undefined],
  ["2026-01-01", undefined],
  ["Thu, 01 Jan 1970 00:00:40 GMT", 10_000],
  ["Thursday, 01-Jan-70 00:00:40 GMT", 10_000],
  ["Thu Jan  1 00:00:40 1970 GMT", 10_000],
  ["Thu, 01 Jan 1970 01:00:00 GMT", 300_000],
  ["Thu, 01 Jan 1970 00:00:20 GMT", undefined],
] as const)("Retry-After: %j means a wait of %s ms at the thirtieth second", (value, expected) => {
  expect(retryAfterMs(value, 30_000)).toBe(expected);
});

async function serve(answer: WireServer["answer"]): Promise<WireServer> {
  const server = await wireServer(answer);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

async function listening(server: Server, scheme = "http"): Promise<URL> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return new URL(`${scheme}://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
}

interface Sent {
  readonly response?: Awaited<ReturnType<typeof retryingFetch>>;
  readonly error?: Error;
  readonly waits: readonly number[];
  readonly told: readonly string[];
}

async function send({ url }: { readonly url: URL }, request: Partial<FetchRequest> = {}): Promise<Sent> {
  const waits: number[] = [];
  const told: string[] = [];
  const clock: Clock = { now: () => 0, sleep: async (milliseconds) => void waits.push(milliseconds) };
  try {
    const deps = { clock, log: (message: string) => void told.push(message) };
    return { response: await retryingFetch({ url, ...request }, signal, deps), waits, told };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error, waits, told };
  }
}
