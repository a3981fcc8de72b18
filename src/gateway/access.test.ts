import { describe, expect, test } from "vitest";
import { exampleRequest } from "../../test/example-request.ts";
import { fakeGateway, portDoor } from "../../test/fake-gateway.ts";
import { fakeJob } from "../../test/fake-job-service.ts";
import { Problem } from "../schema/api-problem.ts";
import { tokenScopes, TokenScope } from "../schema/api-token.ts";
import { exampleJobId } from "./contract/job-operations.ts";
import { operations } from "./contract/operations.ts";

const job = { script: "#!/bin/sh\n" };
const post = (body: unknown, more: RequestInit = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  ...more,
});
const others = "01KB0000000000000000000002";

describe("who may what", () => {
  const examples = operations.filter(({ tag }) => tag !== "gateway" && tag !== "events");

  test.each(examples.flatMap((operation) => tokenScopes.map((scope) => [operation.id, scope, operation] as const)))(
    "%s with a token of scope %s",
    async (_, scope, operation) => {
      const { request } = fakeGateway();
      const [path, init] = exampleRequest(operation);
      const response = await request(path, { ...init, scope });
      const enough = tokenScopes.indexOf(scope) >= tokenScopes.indexOf(TokenScope.parse(operation.scope));
      expect(response.status).toBe(enough ? operation.result.status : 403);
      await response.body?.cancel();
    },
  );

  const ofOneJob = examples.filter(({ path }) => path.includes("{id}"));
  test.each(
    ofOneJob.flatMap((operation) =>
      tokenScopes.map((scope) => [operation.id, scope, operation] as const).filter(([, scope]) => scope !== "viewer"),
    ),
  )("%s on another's job with a token of scope %s", async (_, scope, operation) => {
    const { request, service } = fakeGateway();
    service.jobs.set(others, fakeJob(others, { owner: "bob" }));
    const [path, init] = exampleRequest(operation, { id: others });
    const response = await request(path, { ...init, scope });
    expect(response.status).toBe(scope === "user" ? 404 : operation.result.status);
    expect(service.calls).toEqual(scope === "user" ? [] : service.calls);
    await response.body?.cancel();
  });

  test("tokens that are unknown, revoked or expired are refused alike", async () => {
    const { request, addToken } = fakeGateway();
    const past = "2020-01-01T00:00:00.000Z";
    const bad = [
      "sluice_nonsense",
      addToken("alice", "admin", { revokedAt: past }),
      addToken("alice", "admin", { expiresAt: past }),
    ];
    const details = new Set<string>();
    for (const token of [...bad, "a.b.c", "x".repeat(20_000)]) {
      const response = await request("/v1/jobs", { headers: { authorization: `Bearer ${token}` } });
      expect(response.status).toBe(401);
      details.add(Problem.parse(await response.json()).detail);
    }
    expect(details.size).toBe(1);
  });

  test("a trusted door speaks for the local user without a token", async () => {
    const { request } = fakeGateway();
    const response = await request("/v1/jobs", { scope: "none", door: { trusted: true } });
    expect(response.status).toBe(200);
  });

  test("foreign names and foreign pages are refused, so that no browser is turned against the gateway", async () => {
    const { request } = fakeGateway();
    const open = { ...portDoor, trusted: true };
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await request(`/v1/jobs/${exampleJobId}/cancel`, { method: "POST", scope: "none", door: open, headers })).status;
    expect(await status({ host: "evil.example:7373" })).toBe(421);
    expect(await status({ origin: "http://evil.example" })).toBe(403);
    expect(await status({ origin: "null" })).toBe(403);
    expect(await status({ origin: "http://127.0.0.1:7373" })).toBe(200);
    expect(await status({ host: "localhost:7373" })).toBe(200);
    const form = await request("/v1/jobs", { ...post(job), door: open, headers: { "content-type": "text/plain" } });
    expect(form.status).toBe(415);
  });
});
