import { userInfo } from "node:os";
import { createClient } from "../../client/client.ts";
import type { Config } from "../../config.ts";
import { createGateway } from "../../gateway/app.ts";
import { Metrics } from "../../gateway/metrics.ts";
import { systemClock } from "../../jobs/clock.ts";
import type { Engine } from "../../jobs/job-service.ts";
import type { JobStore } from "../../jobs/store.ts";
import { openEngine } from "./open-engine.ts";
import type { Session } from "./session.ts";

/** A cluster that takes longer to be looked at is shown as it was when it was last seen. */
const firstLookMs = 3_000;

/** An engine in this process, and a gateway before it that no socket leads to: so everything is as it is over HTTP. */
export async function openLocalSession(config: Config, cwd: string): Promise<Session> {
  const engine = await openEngine(config, { cwd });
  const closing = new AbortController();
  try {
    const app = createGateway({
      service: engine,
      tokens: engine.store,
      clock: systemClock,
      localCaller: { subject: userInfo().username, role: "admin" },
      log: () => {},
      metrics: new Metrics(),
      rateLimit: { perSecond: 1e6, burst: 1e6 },
      heartbeatMs: 15_000,
      closing: closing.signal,
      version: "",
    });
    const client = createClient({
      url: "http://localhost",
      fetch: async (request) => app.fetch(request, { trusted: true }),
      attempts: 1,
    });
    await startAndLook(engine, engine.store);
    return {
      client,
      isLocal: true,
      sharesPaths: true,
      async [Symbol.asyncDispose]() {
        closing.abort();
        await engine[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts the engine, and waits until it has seen the clusters that no other process looks at. */
async function startAndLook(engine: Engine, store: JobStore): Promise<void> {
  const looked = new Set((await store.leases()).map(({ cluster }) => cluster));
  engine.start();
  const deadline = AbortSignal.timeout(firstLookMs);
  while (!deadline.aborted) {
    const clusters = await engine.clusters();
    if (clusters.every(({ name, status }) => status !== "unknown" || looked.has(name))) return;
    await systemClock.sleep(20, deadline);
  }
}
