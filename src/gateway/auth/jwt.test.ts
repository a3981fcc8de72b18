import { createServer, type Server } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createJwtVerifier, type JwtSettings } from "./jwt.ts";

type Key = Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];
const issuer = "https://login.example";
const audience = "sluice";

let server: Server;
let jwksUrl: string;
let published: JWK[];
let healthy: boolean;

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(healthy ? 200 : 503, { "content-type": "application/json" });
    response.end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  jwksUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/keys`;
});
afterAll(() => void server.close());
beforeEach(() => {
  published = [];
  healthy = true;
});

async function newKey(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  published.push({ ...(await exportJWK(publicKey)), kid, alg: "ES256" });
  return privateKey;
}

interface Signing {
  readonly kid?: string;
  readonly from?: string;
  readonly to?: string;
  readonly expires?: string;
}

const sign = (
  key: Key,
  payload: JWTPayload,
  { kid = "a", from = issuer, to = audience, expires = "5m" }: Signing = {},
): Promise<string> =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: "ES256", kid })
    .setIssuer(from)
    .setAudience(to)
    .setExpirationTime(expires)
    .sign(key);

const verifier = (more: Partial<JwtSettings> = {}) => createJwtVerifier({ issuer, audience, jwksUrl, ...more });

describe("tokens of an OpenID provider", () => {
  test("speak for their subject, with the scope of their claim", async () => {
    const key = await newKey("a");
    const { verify } = verifier({ subjectClaim: "preferred_username", scopeClaim: "roles" });
    const person = { sub: "1234", preferred_username: "alice" };
    const scopeOf = async (roles: unknown): Promise<unknown> =>
      (await verify(await sign(key, { ...person, roles })))?.caller;
    expect(await scopeOf(["other", "operator"])).toEqual({ subject: "alice", role: "operator" });
    expect(await scopeOf("user admin")).toEqual({ subject: "alice", role: "admin" });
    expect(await scopeOf("nothing of ours")).toEqual({ subject: "alice", role: "viewer" });
    expect((await verifier().verify(await sign(key, person)))?.caller).toEqual({ subject: "1234", role: "user" });
  });

  test.each<readonly [string, Signing, JWTPayload]>([
    ["of another issuer", { from: "https://evil.example" }, { sub: "alice" }],
    ["for another audience", { to: "files" }, { sub: "alice" }],
    ["that have expired", { expires: "-1m" }, { sub: "alice" }],
    ["with a key that nobody published", { kid: "z" }, { sub: "alice" }],
    ["without a subject", {}, {}],
    ["whose subject is no text", {}, { sub: "alice", name: 7 }],
  ])("%s are not believed", async (_, signing, payload) => {
    const key = await newKey("a");
    const { verify } = verifier("name" in payload ? { subjectClaim: "name" } : {});
    expect(await verify(await sign(key, payload, signing))).toBeUndefined();
  });

  test("without a signature, with one of somebody else's key, or with a shared secret are not believed", async () => {
    const key = await newKey("a");
    const stranger = (await generateKeyPair("ES256")).privateKey;
    const { verify } = verifier();
    const good = await sign(key, { sub: "alice" });
    expect(await verify(good)).toBeDefined();
    expect(await verify(await sign(stranger, { sub: "alice" }))).toBeUndefined();
    const [, payload] = good.split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    expect(await verify(`${none}.${payload}.`)).toBeUndefined();
    const shared = new SignJWT({ sub: "alice" }).setProtectedHeader({ alg: "HS256", kid: "a" });
    const forged = await shared.setIssuer(issuer).setAudience(audience).setExpirationTime("5m").sign(Buffer.alloc(32));
    expect(await verify(forged)).toBeUndefined();
    expect(await verify("a.b.c")).toBeUndefined();
  });

  test("by an address of mail that the provider says is not shown to be theirs are not believed", async () => {
    const key = await newKey("a");
    const { verify } = verifier({ subjectClaim: "email" });
    const of = async (more: object): Promise<string | undefined> =>
      (await verify(await sign(key, { sub: "1", email: "ada@example.org", ...more })))?.caller.subject;
    expect(await of({ email_verified: false })).toBeUndefined();
    expect(await of({ email_verified: true })).toBe("ada@example.org");
    expect(await of({})).toBe("ada@example.org");
  });

  test("are checked by the keys of the day", async () => {
    const first = await newKey("a");
    const { verify } = verifier({ cooldownMs: 0 });
    expect(await verify(await sign(first, { sub: "alice" }))).toBeDefined();
    const second = await newKey("b");
    expect(await verify(await sign(second, { sub: "alice" }, { kid: "b" }))).toBeDefined();
  });

  test("cannot be judged while the provider is away, which is no fault of theirs", async () => {
    const key = await newKey("a");
    healthy = false;
    await expect(verifier().verify(await sign(key, { sub: "alice" }))).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
  });
});
