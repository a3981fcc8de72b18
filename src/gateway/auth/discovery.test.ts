import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDiscovery, isSafe } from "./discovery.ts";
import { createJwtVerifier } from "./jwt.ts";

const audience = "sluice";
let server: Server;
let issuer: string;
/** What the provider answers at each path; nothing is a 503. */
let pages: Map<string, unknown>;
let asked: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const page = pages.get(path);
    if (typeof page === "string") response.writeHead(302, { location: page });
    else response.writeHead(page === undefined ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(page));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/realms/lab`;
});
afterAll(() => void server.close());
beforeEach(() => {
  pages = new Map();
  asked = [];
});

const wellKnown = "/realms/lab/.well-known/openid-configuration";
const publish = (path: string, page: unknown): void => void pages.set(path, page);
const describeItself = (change: object = {}): void =>
  publish(wellKnown, { issuer, jwks_uri: `${new URL(issuer).origin}/keys`, ...change });

async function sign(kid: string, published: JWK[]): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  published.push({ ...(await exportJWK(publicKey)), kid, alg: "RS256" });
  const token = new SignJWT({ sub: "ada" }).setProtectedHeader({ alg: "RS256", kid });
  return token.setIssuer(issuer).setAudience(audience).setExpirationTime("5m").sign(privateKey);
}

test("a provider's tokens are believed by the keys that it says are its own, the new ones too", async () => {
  const keys: JWK[] = [];
  describeItself();
  publish("/keys", { keys });
  const { verify } = createJwtVerifier({ issuer, audience, cooldownMs: 0 });
  const ada = { caller: { subject: "ada", role: "user" }, tokenId: "oidc:ada" };
  expect(await verify(await sign("a", keys))).toEqual(ada);
  expect(await verify(await sign("b", keys))).toEqual(ada);
  expect(asked.filter((path) => path === wellKnown)).toHaveLength(1);
});

test("a gateway may start before its provider, and tokens are judged once that answers", async () => {
  const keys: JWK[] = [];
  const { verify } = createJwtVerifier({ issuer, audience, cooldownMs: 0 });
  const token = await sign("a", keys);
  await expect(verify(token)).rejects.toMatchObject({
    code: "DEADLINE_EXCEEDED",
    message: expect.stringContaining("it answered 503"),
  });
  describeItself();
  publish("/keys", { keys });
  expect(await verify(token)).toBeDefined();
});

test.each<readonly [string, object, RegExp]>([
  [
    "that calls itself otherwise",
    { issuer: "https://other.example" },
    /it calls itself "https:\/\/other\.example", not/,
  ],
  ["that calls itself so but for a slash", { issuer: "X/" }, /it calls itself/],
  ["whose keys come without TLS from another machine", { jwks_uri: "http://example.org/keys" }, /is no https address/],
  ["whose keys are a file", { jwks_uri: "file:///etc/passwd" }, /is no https address/],
  ["that says nothing of keys", { jwks_uri: undefined }, /jwks_uri/],
  ["that talks without end", { padding: "x".repeat(300_000) }, /longer than/],
])("a provider %s is not believed", async (_, change, message) => {
  describeItself("issuer" in change && change.issuer === "X/" ? { issuer: `${issuer}/` } : change);
  await expect(createDiscovery({ issuer, cooldownMs: 0 })()).rejects.toMatchObject({
    code: "DEADLINE_EXCEEDED",
    message: expect.stringMatching(message),
  });
});

test("a provider that sends elsewhere is not followed", async () => {
  publish(wellKnown, "/elsewhere");
  publish("/elsewhere", { issuer, jwks_uri: "https://evil.example/keys" });
  await expect(createDiscovery({ issuer, cooldownMs: 0 })()).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(asked).toEqual([wellKnown]);
});

test("a provider that fails is not asked again at once, however many tokens come; what it said counts for an hour", async () => {
  let now = 0;
  const find = createDiscovery({ issuer, cooldownMs: 10_000, now: () => now });
  const failures = await Promise.allSettled(Array.from({ length: 20 }, find));
  expect(failures.every(({ status }) => status === "rejected")).toBe(true);
  await expect(find()).rejects.toThrow("503");
  expect(asked).toHaveLength(1);
  now += 10_000;
  describeItself();
  const keys = await find();
  now += 3_599_999;
  expect(await find()).toBe(keys);
  expect(asked).toHaveLength(2);
  pages.clear();
  now += 1;
  expect(await find()).toBe(keys);
  expect(await find()).toBe(keys);
  expect(asked).toHaveLength(3);
});

test.each([
  ["https://login.example.org", true],
  ["http://127.0.0.1:8080/x", true],
  ["http://localhost", true],
  ["http://login.example.org", false],
  ["http://127.0.0.1.example.org", false],
  ["ftp://127.0.0.1", false],
  ["file:///etc/passwd", false],
])("%s is an address that tokens may be trusted to: %s", (url, expected) => {
  expect(isSafe(new URL(url))).toBe(expected);
});
