import { isDeadHolder } from "../../assemble-holder.ts";
import type { AssembledEngine } from "../../assemble-engine.ts";
import { createEngineClient } from "../../client/engine-client.ts";
import type { Config } from "../../config.ts";
import { systemClock } from "../../jobs/clock.ts";
import type { JobsClient, OpenOptions } from "./jobs-client.ts";
import { openEngine } from "./open-engine.ts";

/** A cluster that takes longer to be looked at is shown as it was when it was last seen. */
const firstLookMs = 3_000;

/** A person waits for what this process looks at, and it is looked at for one person alone. */
const pace = { moving: 25, quiet: 1_000, share: 0.5 };

/** An engine in this process, asked as if over HTTP. */
export async function openLocalJobsClient(
  config: Config,
  { cwd, look = true, withProcess = false }: OpenOptions & { readonly cwd: string },
): Promise<JobsClient> {
  const engine = await openEngine(config, { cwd, withProcess, pace });
  const opened = createEngineClient(engine, config);
  try {
    if (look) await startAndLook(engine);
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
  return {
    client: opened.client,
    isLocal: true,
    sharesPaths: true,
    handle: (cluster) => engine.start([cluster]),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
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
