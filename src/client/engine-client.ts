import { userInfo } from "node:os";
import type { AssembledEngine } from "../assemble-engine.ts";
import type { Config } from "../config.ts";
import { createGateway } from "../gateway/app.ts";
import { Metrics } from "../gateway/metrics.ts";
import { systemClock } from "../jobs/clock.ts";
import { storeKindOf } from "../store/registry.ts";
import { createClient, type Client } from "./client.ts";

/** A client of an engine in this process. Disposing ends what it follows, and then the engine. */
export interface EngineClient extends AsyncDisposable {
  readonly client: Client;
}

/** The client of an engine, over a gateway before it that no socket leads to: so everything is as it is over HTTP. */
export function createEngineClient(engine: AssembledEngine, config: Config): EngineClient {
  const closing = new AbortController();
  const app = createGateway({
    service: engine,
    tokens: engine.store,
    clock: systemClock,
    localCaller: {
      subject: userInfo().username,
      role: "admin",
      isLocal: true,
      // Another process may hand the job to its cluster. One of another machine has nothing to do with what is here.
      ...(!storeKindOf(config.store).isShared && { environment: config.environment }),
    },
    log: () => {},
    metrics: new Metrics(),
    rateLimit: { perSecond: 1e6, burst: 1e6 },
    heartbeatMs: 15_000,
    closing: closing.signal,
    version: "",
  });
  return {
    client: createClient({
      url: "http://localhost",
      fetch: async (request) => app.fetch(request, { trusted: true }),
      attempts: 1,
    }),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await engine[Symbol.asyncDispose]();
    },
  };
}
