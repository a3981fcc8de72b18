import { createEngineClient } from "../client/engine-client.ts";
import { createProcessCluster } from "../clusters/process/process-cluster.ts";
import { readConfig } from "../config.ts";
import { systemClock } from "../jobs/clock.ts";
import type { Cluster } from "../jobs/cluster.ts";
import { createEngine } from "../jobs/engine/engine.ts";
import { createLocalRunner } from "../remote/local-runner.ts";
import { isFinal } from "../schema/job-transitions.ts";
import type { OpenedClient } from "../sdk/client-backend.ts";
import { openStore } from "../store/registry.ts";

/** What jobs are called to run on, as Slurm has clusters. */
const name = "local";

/** A test waits for what is looked at, and it costs no scheduler anything. */
const pace = { moving: 10, quiet: 250, share: 0.5 };

/** An engine in this process that runs jobs on this machine, as plain processes, with all that is theirs in one folder. */
export async function openLocalEngine(folder: string): Promise<OpenedClient> {
  const config = { ...readConfig(), home: folder, store: `${folder}/jobs.db` };
  const { environment } = config;
  const runner = createLocalRunner({ env: environment });
  const cluster: Cluster = createProcessCluster({ name, base: folder, runner, environment, leavesOut: true });
  const store = await openStore({ url: config.store, clock: systemClock });
  const engine = createEngine({
    store,
    clock: systemClock,
    holder: crypto.randomUUID(),
    pace,
    directory: {
      list: async () => [{ name, kind: "process", identity: folder, budget: { burst: Infinity, perSecond: Infinity } }],
      open: async () => cluster,
      defaultName: async () => name,
    },
  });
  const close = async (): Promise<void> => {
    await engine[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  const opened = createEngineClient({ ...engine, store, [Symbol.asyncDispose]: close }, config);
  engine.start();
  return {
    client: opened.client,
    cluster: name,
    hasDependencies: false,
    startIn: process.cwd(),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Has the jobs that still run end, before their folder goes. */
export async function cancelAll({ client }: Pick<OpenedClient, "client">, signal: AbortSignal): Promise<void> {
  for await (const { id, state } of client.jobs({}, { signal })) {
    if (isFinal(state)) continue;
    await client.cancel(id, { signal });
    await client.wait(id, { signal });
  }
}
