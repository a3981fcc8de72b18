import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { recordingHost } from "../../../../test/recording-host.ts";
import { json, wireServer, type WireAnswer } from "../../../../test/wire-server.ts";
import type { Clock } from "../../../jobs/clock.ts";
import { createRecordedRunner } from "../../../remote/recorded-runner.ts";
import { sharedIdentity } from "./shared-identity.ts";
import { WorkloadIdentity } from "./workload-identity.ts";

const server = await wireServer(() => ({ status: 500 }));
afterAll(() => server[Symbol.asyncDispose]());

const { signal } = new AbortController();
const tokenPath = "/secrets/token";
const minuteMs = 60_000;
let now: number;
let reply: () => WireAnswer;

beforeEach(() => {
  server.requests.length = 0;
  now = 1_000_000_000;
  reply = () => json({ data: { access_token: `minted-${server.requests.length}`, expires_in: 3600 } });
  server.answer = () => reply();
});

const clock: Clock = { now: () => now, sleep: async () => {} };

describe("a key for an identity", () => {
  test("is kept until shortly before its end, and replaced then", async () => {
    const identity = await identityOf();
    expect(await identity.token(signal)).toBe("minted-1");
    now += 54 * minuteMs;
    expect(await identity.token(signal)).toBe("minted-1");
    now += 2 * minuteMs;
    expect(await identity.token(signal)).toBe("minted-2");
  });

  test("is replaced at a time of which a part is left to chance", async () => {
    const identity = await identityOf({ random: () => 0.999 });
    await identity.token(signal);
    // A fifth of the five minutes later than at the earliest.
    now += 55.9 * minuteMs;
    expect(await identity.token(signal)).toBe("minted-1");
    now += 0.2 * minuteMs;
    expect(await identity.token(signal)).toBe("minted-2");
  });

  test("that lives less than the five minutes is replaced at half of its life", async () => {
    reply = () => json({ data: { access_token: `minted-${server.requests.length}`, expires_in: 60 } });
    const identity = await identityOf();
    await identity.token(signal);
    now += 29_000;
    expect(await identity.token(signal)).toBe("minted-1");
    now += 2000;
    expect(await identity.token(signal)).toBe("minted-2");
  });

  test.each([
    [
      "the time that is named",
      { expires_at: new Date(1_000_000_000 + 600 * minuteMs).toISOString(), expires_in: 1 },
      590,
    ],
    ["the seconds where the time cannot be read", { expires_at: "soon", expires_in: 36_000 }, 590],
    ["an hour where nothing is said", {}, 54],
  ])("ends at %s", async (_what, said, stillGoodMinutes) => {
    reply = () => json({ data: { access_token: `minted-${server.requests.length}`, ...said } });
    const identity = await identityOf();
    await identity.token(signal);
    now += stillGoodMinutes * minuteMs;
    expect(await identity.token(signal)).toBe("minted-1");
    now += 10 * minuteMs;
    expect(await identity.token(signal)).toBe("minted-2");
  });

  test("is exchanged once for all who wait for it", async () => {
    const identity = await identityOf();
    const keys = await Promise.all(Array.from({ length: 25 }, () => identity.token(signal)));
    expect(new Set(keys)).toEqual(new Set(["minted-1"]));
    expect(server.requests).toHaveLength(1);
  });

  test("is waited for no longer than wanted, which does not take it from others", async () => {
    const identity = await identityOf();
    const controller = new AbortController();
    const impatient = identity.token(controller.signal);
    const patient = identity.token(signal);
    controller.abort(new Error("no longer wanted"));
    await expect(impatient).rejects.toThrow("no longer wanted");
    expect(await patient).toMatch(/^minted-/);
  });

  test("is used to its end while there is no other to be had, with a pause between tries", async () => {
    const identity = await identityOf();
    await identity.token(signal);
    reply = () => ({ status: 401, body: "detail of a refusal" });
    now += 56 * minuteMs;
    for (let count = 0; count < 5; count++) expect(await identity.token(signal)).toBe("minted-1");
    expect(server.requests).toHaveLength(2);
    now += 31_000;
    expect(await identity.token(signal)).toBe("minted-1");
    expect(server.requests).toHaveLength(3);
    now += 4 * minuteMs;
    await expect(identity.token(signal)).rejects.toMatchObject({
      status: 401,
      message: "workload-identity token exchange failed",
    });
  });

  test("that was refused is forgotten, but not one that took its place", async () => {
    const identity = await identityOf();
    const old = await identity.token(signal);
    identity.invalidate(old);
    expect(await identity.token(signal)).toBe("minted-2");
    identity.invalidate(old);
    expect(await identity.token(signal)).toBe("minted-2");
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    ["an empty reply", { body: "" }, 502, "unexpected end of JSON input"],
    ["no key", json({ data: {} }), 502, "token exchange returned empty access_token"],
    ["a refusal", { status: 403, body: "super-secret-token" }, 403, "workload-identity token exchange failed"],
    ["a failure", { status: 503, body: "super-secret-token" }, 503, "workload-identity token exchange failed"],
  ])("cannot be had where Lambda answers with %s, and no secret is told", async (_what, answer, status, message) => {
    reply = () => answer;
    const host = await hostWith("super-secret-token");
    const identity = new WorkloadIdentity({ baseUrl: server.url.href, identityLrn: "lrn", tokenPath, host, clock });
    const error = await identity.token(signal).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ status, message });
    expect(JSON.stringify([error, String(error), host.recorded.log])).not.toContain("super-secret");
    expect(error).not.toHaveProperty("cause.message", expect.stringContaining("super-secret"));
  });

  test.each([
    [" \n", "service-account token /secrets/token is empty"],
    [undefined, "failed to read service-account token /secrets/token: open /secrets/token: no such file or directory"],
  ])("is not asked for with the token %j", async (content, message) => {
    await expect((await identityOf({ content })).token(signal)).rejects.toMatchObject({ status: 500, message });
    expect(server.requests).toEqual([]);
  });
});

test("identities are shared by address, name and file, and there are never many of them", async () => {
  const host = await hostWith("t");
  const of = (baseUrl: string, identityLrn = "lrn", path: string | undefined = tokenPath): WorkloadIdentity =>
    sharedIdentity(host, { baseUrl, identityLrn, tokenPath: path });
  const first = of("https://a");
  expect(of("https://a")).toBe(first);
  expect(of("https://b")).not.toBe(first);
  expect(of("https://a", "other")).not.toBe(first);
  expect(of("https://a", "lrn", "")).not.toBe(first);
  for (let count = 0; count < 32; count++) of(`https://api-${count}`);
  expect(of("https://a")).not.toBe(first);
});

async function hostWith(content: string | undefined): Promise<ReturnType<typeof recordingHost>> {
  const runner = createRecordedRunner([]);
  await runner.makeDirectory("/secrets", { mode: 0o700 }, signal);
  if (content !== undefined) await runner.writeFile(tokenPath, content, { mode: 0o600 }, signal);
  return recordingHost({ runner });
}

async function identityOf(
  given: { readonly content?: string | undefined; readonly random?: () => number } = {},
): Promise<WorkloadIdentity> {
  const host = await hostWith("content" in given ? given.content : "service account\n");
  return new WorkloadIdentity({
    baseUrl: server.url.href,
    identityLrn: "lrn:iam:identity:abc",
    tokenPath,
    host,
    clock,
    random: given.random ?? (() => 0),
  });
}
