import { createHash } from "node:crypto";
import { join } from "node:path";
import { assembleEngine, type EngineOptions } from "../assemble-engine.ts";
import type { ClusterView } from "../client/client.ts";
import { createEngineClient, type EngineClient } from "../client/engine-client.ts";
import { readConfig, type Config } from "../config.ts";
import { isErrorCode } from "../error-codes.ts";
import { SluiceError } from "../errors.ts";
import { openRecords, type Records } from "../launcher/records.ts";
import { takesDependencies, type OpenedClient } from "./client-backend.ts";
import type { Connection } from "./connection.ts";

/** A program waits for what this process looks at, and it is looked at for this program alone. */
const pace = { moving: 25, quiet: 1_000, share: 0.2, whole: 5_000 };

/** An engine in this process for one cluster, that of the connection. */
export async function openEngineFor(
  connection: Exclude<Connection, { readonly via: "gateway" | "new-test-cluster" }>,
  signal: AbortSignal,
): Promise<OpenedClient> {
  const config = readConfig();
  if (connection.via === "sluice") {
    const { name = config.testCluster } = connection;
    return openEngine(config, { withProcess: name === "process" }, name, signal);
  }
  const { name, home = config.home } = connection;
  if (connection.via === "settings") {
    const only = { name: nameOf(name, connection.settings), settings: connection.settings };
    return openEngine(withHome(config, home), { only }, only.name, signal);
  }
  const records = openRecords(home);
  const record = records.get(name);
  if (record === undefined) throw noTestCluster(name, records);
  // Its jobs go when it goes.
  return openEngine(withHome(config, home, record.directory), { onlyTestCluster: name }, name, signal);
}

/**
 * Processes that share a store hand over each other's jobs, by the names of clusters: two clusters of one name must not be
 * taken for one, such as those of two projects that are both called `dev`.
 */
function nameOf(name: string, settings: Readonly<Record<string, unknown>>): string {
  return `${name}-${createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 8)}`;
}

function noTestCluster(name: string, records: Records): SluiceError {
  const known = records.list().map((record) => record.name);
  const others = known.length === 0 ? "" : ` (there is ${known.join(", ")})`;
  const remedy = `sluice cluster create --start --name ${name}`;
  return new SluiceError("CLUSTER_NOT_FOUND", `there is no test cluster "${name}" here${others}; make it: ${remedy}`, {
    details: { name },
  });
}

/** Jobs are kept in the folder, unless SLUICE_STORE says otherwise. */
function withHome(config: Config, home: string, folder = home): Config {
  const isOwnStore = config.store === join(config.home, "jobs.db");
  return { ...config, home, store: isOwnStore ? join(folder, "jobs.db") : config.store };
}

async function openEngine(
  config: Config,
  options: EngineOptions,
  name: string | undefined,
  signal: AbortSignal,
): Promise<OpenedClient> {
  const engine = await assembleEngine(config, { cwd: process.cwd(), pace, ...options });
  const opened = createEngineClient(engine, config);
  try {
    const view = await choose(opened, name, signal);
    engine.start([view.name]);
    return {
      client: opened.client,
      cluster: view.name,
      hasDependencies: takesDependencies(view),
      ...(view.isRemote !== true && { startIn: process.cwd() }),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

/** Throws `CLUSTER_NOT_FOUND`, `CLUSTER_NOT_RUNNING`, and `INPUT_INVALID` where there is no default. */
async function choose({ client }: EngineClient, name: string | undefined, signal: AbortSignal): Promise<ClusterView> {
  const clusters = await client.clusters({ signal });
  const view = clusters.find((cluster) => (name === undefined ? cluster.isDefault === true : cluster.name === name));
  const known = clusters.map((cluster) => cluster.name).join(", ") || "none";
  if (view === undefined) {
    if (name !== undefined)
      throw new SluiceError("CLUSTER_NOT_FOUND", `no cluster "${name}" is known here; known: ${known}`, {
        details: { name },
      });
    throw new SluiceError("INPUT_INVALID", `cluster: which one is meant would be a guess; known: ${known}`, {
      details: { field: "cluster" },
    });
  }
  // What is known without asking it, as that it is stopped, is said at once rather than waited for.
  if (view.code === "CLUSTER_NOT_RUNNING" && isErrorCode(view.code))
    throw new SluiceError(view.code, view.message ?? "it is stopped");
  return view;
}

/** A test cluster that is made now, and destroyed with the engine. */
export async function openTestCluster(
  settings: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<OpenedClient> {
  const { TestCluster } = await import("../testing/test-cluster.ts");
  const made = await TestCluster.start({ ...settings, signal });
  try {
    const { testCluster, home } = made.getConfig();
    const opened = await openEngineFor({ via: "test-cluster", name: testCluster, home }, signal);
    return {
      ...opened,
      async [Symbol.asyncDispose]() {
        await opened[Symbol.asyncDispose]();
        await made.destroy();
      },
    };
  } catch (error) {
    await made.destroy();
    throw error;
  }
}
