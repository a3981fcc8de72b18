import { createGateway } from "../src/gateway/app.ts";
import { mintToken } from "../src/gateway/auth/bearer-token.ts";
import type { Door, GatewayDeps } from "../src/gateway/call.ts";
import { findKeptFile, readJobFile } from "../src/gateway/contract/file-operations.ts";
import { exampleJobId } from "../src/gateway/contract/job-operations.ts";
import { Metrics } from "../src/gateway/metrics.ts";
import { systemClock } from "../src/jobs/clock.ts";
import { tokenScopes, type ApiToken, type TokenScope } from "../src/schema/api-token.ts";
import { fakeJob, FakeJobService } from "./fake-job-service.ts";

/** The door of a port on loopback. */
export const portDoor: Door = { trusted: false, hosts: new Set(["127.0.0.1", "localhost", "[::1]"]) };

/** A gateway over a fake engine that has alice's job and files of the examples. */
export function fakeGateway(more: Partial<GatewayDeps> = {}) {
  const service = new FakeJobService();
  service.jobs.set(exampleJobId, fakeJob(exampleJobId));
  service.left.set(readJobFile.example.params?.["name"] ?? "", Buffer.from("{}"));
  service.kept.set(findKeptFile.example.params?.["sha256"] ?? "", Buffer.from("kept"));
  const known = new Map<string, ApiToken>();
  const log: Readonly<Record<string, unknown>>[] = [];
  const closing = new AbortController();
  const addToken = (subject: string, scope: TokenScope, change: Partial<ApiToken> = {}): string => {
    const { secret, token } = mintToken({ scope, subject, label: "test", now: Date.now() });
    known.set(token.hash, { ...token, ...change });
    return secret;
  };
  const tokens = Object.fromEntries(tokenScopes.map((scope) => [scope, addToken("alice", scope)]));
  const deps: GatewayDeps = {
    service,
    tokens: { findToken: async (hash) => known.get(hash) },
    clock: systemClock,
    localCaller: { subject: "alice", role: "admin" },
    log: (record) => void log.push(record),
    metrics: new Metrics(),
    rateLimit: { perSecond: 100_000, burst: 100_000 },
    heartbeatMs: 15_000,
    closing: closing.signal,
    version: "0.0.0",
    ...more,
  };
  const app = createGateway(deps);
  const token = (scope: TokenScope): string => tokens[scope] ?? "";
  /** One request through the port's door; with a token of that scope unless it is `none`. */
  const request = async (
    path: string,
    init: RequestInit & { readonly scope?: TokenScope | "none"; readonly door?: Door } = {},
  ): Promise<Response> => {
    const { scope = "user", door = portDoor, ...rest } = init;
    const headers = new Headers({ host: "127.0.0.1:7373", ...Object.fromEntries(new Headers(rest.headers)) });
    if (scope !== "none" && !headers.has("authorization")) headers.set("authorization", `Bearer ${token(scope)}`);
    if (rest.body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
    return app.fetch(new Request(`http://127.0.0.1:7373${path}`, { ...rest, headers }), door);
  };
  return { app, deps, service, log, closing, addToken, token, request };
}
