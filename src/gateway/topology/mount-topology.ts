import type { Hono } from "hono";
import type { GatewayDeps, GatewayEnv } from "../call.ts";
import { identify, refuse } from "../mount.ts";
import type { RateLimit } from "../rate-limit.ts";
import { readBytes } from "../read-body.ts";
import { maxBodyBytes, topologyRoutes, type TopologyDoorDeps } from "./topology-door.ts";

/**
 * Mounts the routes of a topology server in the gateway, whose tokens say who may: operators make topologies, for they are
 * written where the request says; everybody with a token reads them.
 */
export function mountTopology(
  app: Hono<GatewayEnv>,
  {
    gateway,
    topology,
    limit,
  }: { readonly gateway: GatewayDeps; readonly topology: TopologyDoorDeps; readonly limit: RateLimit },
): void {
  app.all("/v1/*", async (c, next) => {
    const { path, raw, method } = c.req;
    const route = topologyRoutes.find((candidate) => candidate.path.test(path));
    if (route === undefined) return next();
    c.set("operation", route.operation);
    const who = await identify(c, gateway);
    if (who !== undefined) c.set("who", who);
    const scope = route.changes ? "operator" : "viewer";
    const refusal = refuse(c, { scope, who, limit, now: gateway.clock.now() });
    if (refusal !== undefined) return refusal;
    const question = raw.url.indexOf("?");
    const call = {
      method,
      query: question < 0 ? "" : raw.url.slice(question + 1),
      body: () => readBytes(raw, maxBodyBytes),
    };
    const { status, body, contentType, isError, location } = await route.handle(
      topology,
      call,
      route.path.exec(path)?.[1] ?? "",
    );
    const headers = new Headers({ "content-length": String(body.length) });
    if (contentType !== undefined) headers.set("content-type", contentType);
    if (isError) headers.set("x-content-type-options", "nosniff");
    if (location !== undefined) headers.set("location", location);
    return new Response(method === "HEAD" ? null : Buffer.from(body), { status, headers });
  });
}
