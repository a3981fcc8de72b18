import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isDeadHolder, nameHolder } from "../../assemble-holder.ts";
import { createEngineClient } from "../../client/engine-client.ts";
import { createProcessCluster } from "../../clusters/process/process-cluster.ts";
import { createSlurmCluster } from "../../clusters/slurm/slurm-cluster.ts";
import { readConfig } from "../../config.ts";
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
  const config = { ...readConfig(environment), store: join(home, "jobs.db") };
  const store = await sqliteKind.open({ url: config.store, clock: systemClock });
  const engine = createEngine({
    store,
    directory: directoryOf(cluster),
    clock: systemClock,
    holder: nameHolder(),
    isDead: isDeadHolder,
    pace,
  });
  engine.start();
  const close = async (): Promise<void> => {
    await engine[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  const opened = createEngineClient({ ...engine, store, [Symbol.asyncDispose]: close }, config);
  return {
    client: opened.client,
    cluster: cluster.name,
    hasDependencies: cluster.capabilities.has("dependencies"),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
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
