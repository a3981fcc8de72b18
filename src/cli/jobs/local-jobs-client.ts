import { userInfo } from "node:os";
import { isDeadHolder } from "../../assemble-holder.ts";
import type { AssembledEngine } from "../../assemble-engine.ts";
import { createClient } from "../../client/client.ts";
import type { Config } from "../../config.ts";
import { createGateway } from "../../gateway/app.ts";
import { Metrics } from "../../gateway/metrics.ts";
import { systemClock } from "../../jobs/clock.ts";
import { storeKindOf } from "../../store/registry.ts";
import type { JobsClient, OpenOptions } from "./jobs-client.ts";
import { openEngine } from "./open-engine.ts";

/** A cluster that takes longer to be looked at is shown as it was when it was last seen. */
const firstLookMs = 3_000;

/** A person waits for what this process looks at, and it is looked at for one person alone. */
const pace = { moving: 25, quiet: 1_000, share: 0.5 };

/** An engine in this process, and a gateway before it that no socket leads to: so everything is as it is over HTTP. */
export async function openLocalJobsClient(
  config: Config,
  { cwd, look = true, withProcess = false }: OpenOptions & { readonly cwd: string },
): Promise<JobsClient> {
  const engine = await openEngine(config, { cwd, withProcess, pace });
  const closing = new AbortController();
  try {
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
    const client = createClient({
      url: "http://localhost",
      fetch: async (request) => app.fetch(request, { trusted: true }),
      attempts: 1,
    });
    if (look) await startAndLook(engine);
    return {
      client,
      isLocal: true,
      sharesPaths: true,
      handle: (cluster) => engine.start([cluster]),
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
async function startAndLook(engine: AssembledEngine): Promise<void> {
  const leases = await engine.store.leases();
  const looked = new Set(leases.filter(({ holder }) => !isDeadHolder(holder)).map(({ cluster }) => cluster));
  engine.start();
  const deadline = AbortSignal.timeout(firstLookMs);
  while (!deadline.aborted) {
    const clusters = await engine.clusters();
    if (clusters.every(({ name, status }) => status !== "unknown" || looked.has(name))) return;
    await systemClock.sleep(20, deadline);
  }
}
