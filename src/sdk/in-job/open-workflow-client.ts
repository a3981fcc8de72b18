import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { isDeadHolder, nameHolder } from "../../assemble-holder.ts";
import { createClient } from "../../client/client.ts";
import { createProcessCluster } from "../../clusters/process/process-cluster.ts";
import { createSlurmCluster } from "../../clusters/slurm/slurm-cluster.ts";
import { createGateway } from "../../gateway/app.ts";
import { Metrics } from "../../gateway/metrics.ts";
import { systemClock } from "../../jobs/clock.ts";
import type { Cluster } from "../../jobs/cluster.ts";
import type { ClusterDirectory } from "../../jobs/cluster-directory.ts";
import { createEngine } from "../../jobs/engine/engine.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { sqliteKind } from "../../store/sqlite/kind.ts";
import type { OpenedClient } from "../client-backend.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A workflow waits for its children, and nobody else looks after them. */
const pace = { moving: 50, quiet: 1_000, share: 0.5 };

/**
 * An engine in the job of a workflow, over the one cluster that the job runs on. Its store and the folders of its jobs are in
 * `home`, which all nodes see.
 */
export async function openWorkflowClient(home: string, environment: Environment): Promise<OpenedClient> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const cluster = openCluster(home, environment);
  const store = await sqliteKind.open({ url: join(home, "jobs.db"), clock: systemClock });
  const closing = new AbortController();
  const engine = createEngine({
    store,
    directory: directoryOf(cluster),
    clock: systemClock,
    holder: nameHolder(),
    isDead: isDeadHolder,
    pace,
  });
  engine.start();
  const app = createGateway({
    service: engine,
    tokens: store,
    clock: systemClock,
    localCaller: { subject: userInfo().username, role: "admin", isLocal: true },
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
    cluster: cluster.name,
    hasDependencies: cluster.capabilities.has("dependencies"),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await engine[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** The cluster that this job runs on: Slurm through its commands on this node, or this machine where it is no Slurm. */
function openCluster(home: string, environment: Environment): Cluster {
  const name = environment["SLURM_CLUSTER_NAME"] ?? "slurm";
  const opening = { name, base: home, runner: createLocalRunner({ env: environment }), environment };
  return name === "process" ? createProcessCluster(opening) : createSlurmCluster(opening);
}

function directoryOf(cluster: Cluster): ClusterDirectory {
  const { name, kind } = cluster;
  return {
    list: async () => [{ name, kind, identity: "of this workflow" }],
    open: async () => cluster,
    defaultName: async () => name,
  };
}
