import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import type { z } from "zod";
import { tokenScopes } from "../schema/api-token.ts";
import { authenticate } from "./auth/authenticate.ts";
import type { Call, GatewayDeps, GatewayEnv, Identity } from "./call.ts";
import { Bytes, type Operation, type OperationResult, type OperationScope } from "./contract/operation.ts";
import { parseInput, queryOf } from "./parse-input.ts";
import { problemResponse, statusProblem } from "./problem.ts";
import type { RateLimit } from "./rate-limit.ts";
import { readBytes, readJson } from "./read-body.ts";

const maxBodyBytes = 64 * 1024;

/** What a handler gets: everything parsed. */
export interface Input<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType | undefined> {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: BodyOf<Body>;
}

/** What it gives: the value of the operation's schema, or a `Response` where the operation streams. */
export type Answer<Result extends OperationResult> = Result extends { readonly json: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : Response;

/** Mounts operations: the one place where scope, rate, bounds and shapes are checked, and errors become problems. */
export function mounter(app: Hono<GatewayEnv>, deps: GatewayDeps, limit: RateLimit) {
  return function mount<
    Params extends z.ZodObject,
    Query extends z.ZodObject,
    Body extends z.ZodType | undefined,
    Result extends OperationResult,
  >(
    operation: Operation<Params, Query, Body, Result>,
    handle: (input: Input<Params, Query, Body>, call: Call) => Promise<Answer<Result>> | Answer<Result>,
  ): void {
    const { id, method, path, scope } = operation;
    app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) => {
      c.set("operation", id);
      const who = await identify(c, deps);
      if (who !== undefined) c.set("who", who);
      const refusal = refuse(c, { scope, who, limit, now: deps.clock.now() });
      if (refusal !== undefined) return refusal;
      const unreadable = operation.body === undefined ? undefined : unreadableBody(operation.body, c.req.raw.headers);
      if (unreadable !== undefined) return refused(c, 415, unreadable);
      const call: Call = {
        caller: who?.caller ?? { subject: "", role: "viewer" },
        isKnown: who !== undefined,
        headers: c.req.raw.headers,
        signal: AbortSignal.any([c.req.raw.signal, deps.closing]),
        respond: { status: operation.result.status, headers: new Headers() },
      };
      const input = {
        params: parseInput(operation.params, c.req.param(), "path"),
        query: parseInput(operation.query, queryOf(c.req.url), "query"),
        body: await readBody<Body>(c.req.raw, operation),
      };
      const answer = await handle(input, call);
      if (!(answer instanceof Response)) return jsonResponse(c, answer, call);
      // Nobody will read the body of an answer to HEAD, so that of a stream would never end.
      if (c.req.raw.method === "HEAD") await answer.body?.cancel();
      return answer;
    });
  };
}

type BodyOf<Body extends z.ZodType | undefined> = Body extends z.ZodType ? z.output<Body> : undefined;

function readBody<Body extends z.ZodType | undefined>(
  request: Request,
  operation: { readonly body: Body; readonly maxBodyBytes?: number },
): Promise<BodyOf<Body>>;
async function readBody(
  request: Request,
  { body, maxBodyBytes: bound = maxBodyBytes }: Pick<Operation, "body" | "maxBodyBytes">,
): Promise<unknown> {
  if (body === undefined) return undefined;
  return body === Bytes ? readBytes(request, bound) : parseInput(body, await readJson(request, bound), "body");
}

/** Who calls; `undefined` where nobody shows who it is. Throws `STORE_UNAVAILABLE`. */
export async function identify(c: Context<GatewayEnv>, deps: GatewayDeps): Promise<Identity | undefined> {
  const { trusted, caller } = c.env;
  if (trusted) return { caller: deps.localCaller, tokenId: "local" };
  if (caller !== undefined) return { caller, tokenId: `peer:${caller.subject}` };
  return authenticate(c.req.header("authorization"), deps);
}

interface Asked {
  readonly scope: OperationScope;
  readonly who: Identity | undefined;
  readonly limit: RateLimit;
  readonly now: number;
}

/** The refusal of a caller who may not, or not now. */
export function refuse(c: Context<GatewayEnv>, { scope, who, limit, now }: Asked): Response | undefined {
  if (scope !== "public") {
    if (who === undefined) {
      const given = c.req.header("authorization") !== undefined;
      const detail = given
        ? "the token is unknown, revoked or expired"
        : "a token is needed: send the header `Authorization: Bearer TOKEN`";
      return refused(c, 401, detail, {
        "www-authenticate": `Bearer realm="sluice"${given ? ', error="invalid_token"' : ""}`,
      });
    }
    if (tokenScopes.indexOf(who.caller.role) < tokenScopes.indexOf(scope)) {
      return refused(c, 403, `this needs a token of scope ${scope}, and this one has ${who.caller.role}`);
    }
  }
  const waitSeconds = limit.take(who?.tokenId ?? "public", now);
  if (waitSeconds === 0) return undefined;
  return refused(c, 429, `too many requests with this token; come again in ${waitSeconds} s`, {
    "retry-after": String(waitSeconds),
  });
}

/** The refusal for which a status says it all. */
export function refused(
  c: Context<GatewayEnv>,
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return problemResponse(statusProblem(status, detail, c.get("requestId")), headers);
}

/** Why a body is not read, by its headers. */
function unreadableBody(body: z.ZodType, headers: Headers): string | undefined {
  if (body === Bytes) {
    if (!/^application\/octet-stream *(?:;|$)/i.test(headers.get("content-type") ?? "")) {
      return "the body must be bytes, with content-type: application/octet-stream";
    }
  } else if (!/^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i.test(headers.get("content-type") ?? "")) {
    return "the body must be JSON, with content-type: application/json";
  }
  if (/^(?:identity)?$/i.test(headers.get("content-encoding") ?? "")) return undefined;
  return "the body must come as it is, without a content-encoding";
}

/** JSON with an ETag; 304 where the client has it already. */
function jsonResponse(c: Context<GatewayEnv>, answer: unknown, { respond: { status, headers } }: Call): Response {
  const text = JSON.stringify(answer);
  headers.set("content-type", "application/json");
  if (["GET", "HEAD"].includes(c.req.method) && status === 200) {
    const etag = `W/"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
    headers.set("etag", etag);
    headers.set("cache-control", "private, no-cache");
    const known = c.req.header("if-none-match")?.split(/\s*,\s*/) ?? [];
    if (known.includes(etag) || known.includes("*")) return new Response(null, { status: 304, headers });
  } else {
    headers.set("cache-control", "no-store");
  }
  return new Response(text, { status, headers });
}
