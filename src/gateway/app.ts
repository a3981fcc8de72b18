import { Hono } from "hono";
import { compress } from "hono/compress";
import type { GatewayDeps, GatewayEnv } from "./call.ts";
import { getDocs, getErrors, getOpenApi } from "./contract/gateway-operations.ts";
import { toOpenApi } from "./contract/open-api.ts";
import { operations } from "./contract/operations.ts";
import { docsPage, errorsPage } from "./docs-page.ts";
import { guard, record } from "./guard.ts";
import { mountClusters } from "./handlers/clusters.ts";
import { mountFiles } from "./handlers/files.ts";
import { mountJobs } from "./handlers/jobs.ts";
import { mountStreams } from "./handlers/streams.ts";
import { mounter, refused } from "./mount.ts";
import { problemResponse, toProblem } from "./problem.ts";
import { RateLimit } from "./rate-limit.ts";
import { mountTopology } from "./topology/mount-topology.ts";

/** The HTTP door as a function of requests. `serve.ts` puts it behind a port, tests and the command line call it as it is. */
export function createGateway(deps: GatewayDeps): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  app.use(record(deps));
  app.use(compress());
  app.use(guard);

  const limit = new RateLimit(deps.rateLimit);
  const mount = mounter(app, deps, limit);
  mountJobs(mount, deps);
  mountStreams(mount, deps);
  mountClusters(mount, deps);
  mountFiles(mount, deps);
  mount(getOpenApi, () => Response.json(toOpenApi(operations, deps.version)));
  mount(getDocs, () => docsPage(operations, deps.version));
  mount(getErrors, () => errorsPage());
  if (deps.topology !== undefined) mountTopology(app, { gateway: deps, topology: deps.topology, limit });

  const paths = operations.map(({ method, path }) => ({
    method: method.toUpperCase(),
    form: new RegExp(`^${path.replaceAll(/[.]/g, "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  }));
  app.notFound((c) => {
    const methods = paths.filter(({ form }) => form.test(c.req.path)).map(({ method }) => method);
    if (methods.length === 0) return refused(c, 404, "there is nothing here; /docs says what there is");
    const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
    // No CORS: a browser that asks on behalf of a foreign page learns nothing from this.
    if (c.req.method === "OPTIONS") return c.body(null, 204, { allow });
    return refused(c, 405, `this takes ${allow}`, { allow });
  });
  app.onError((error, c) => {
    const requestId = c.get("requestId");
    const problem = toProblem(error, requestId);
    // Of a mistake in the program the log has all that is known; messages of ours hold no secret.
    if (problem.code === undefined) deps.log({ event: "mistake", requestId, stack: error.stack ?? error.message });
    return problemResponse(problem);
  });
  return app;
}
