import type { MiddlewareHandler } from "hono";
import { newId } from "../schema/new-id.ts";
import type { GatewayDeps, GatewayEnv } from "./call.ts";
import { refused } from "./mount.ts";

/**
 * Refuses what a browser sends on behalf of a foreign page: a Host that is not ours (DNS rebinding) and an Origin that is
 * not the Host's. There is no CORS.
 */
export const guard: MiddlewareHandler<GatewayEnv> = async (c, next) => {
  const host = c.req.header("host") ?? "";
  const { hosts } = c.env;
  if (hosts !== undefined && !hosts.has(nameOf(host))) {
    return refused(c, 421, `this door is not called ${JSON.stringify(host.slice(0, 128))}`);
  }
  const origin = c.req.header("origin");
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== host) {
    return refused(c, 403, "requests of foreign pages are refused");
  }
  c.header("x-content-type-options", "nosniff");
  return next();
};

/** The name in a Host header, without its port. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

const requestIdForm = /^[\w.-]{1,128}$/;
const traceForm = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Gives each request an id (the client's own where it has a decent one), counts it, and writes one line of the log: no
 * query, no header, no body.
 */
export function record({
  clock,
  log,
  metrics,
}: Pick<GatewayDeps, "clock" | "log" | "metrics">): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const began = clock.now();
    const given = c.req.header("x-request-id");
    const requestId = given !== undefined && requestIdForm.test(given) ? given : newId(began);
    c.set("requestId", requestId);
    await next();
    c.header("x-request-id", requestId);
    const { status } = c.res;
    const [traceparent, who, operation] = [c.req.header("traceparent"), c.get("who"), c.get("operation") ?? "none"];
    const milliseconds = clock.now() - began;
    metrics.countRequest({ operation, status, seconds: milliseconds / 1000 });
    log({
      time: new Date(began).toISOString(),
      event: "request",
      requestId,
      traceId: traceForm.exec(traceparent ?? "")?.[1],
      operation,
      method: c.req.method,
      path: c.req.path.slice(0, 256),
      status,
      milliseconds,
      subject: who?.caller.subject,
      tokenId: who?.tokenId,
    });
  };
}
