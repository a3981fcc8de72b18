import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { assembleClusters, nearestFile } from "./assemble.ts";
import { assembleLauncher } from "./assemble-launcher.ts";
import { readSluiceYaml, type SluiceYaml } from "./clusters/sluice-yaml.ts";
import type { Config } from "./config.ts";
import { SluiceError } from "./errors.ts";
import { systemClock } from "./jobs/clock.ts";
import type { Cluster, RequestBudget } from "./jobs/cluster.ts";
import type { ClusterDirectory, ListedCluster } from "./jobs/cluster-directory.ts";
import { createEngine } from "./jobs/engine/engine.ts";
import type { Steps } from "./jobs/engine/steps.ts";
import type { Engine } from "./jobs/job-service.ts";
import type { JobStore } from "./jobs/store.ts";
import { nearestCluster } from "./launcher/locate.ts";
import { openStore } from "./store/registry.ts";

/** An engine with the store that it works on, which it closes when it is disposed of. */
export interface AssembledEngine extends Engine {
  readonly store: JobStore;
}

export interface EngineOptions {
  /** Where `sluice.yaml` and the nearest test cluster are looked for; the process's own folder where absent. */
  readonly cwd?: string;
  /** How long a cluster's lease lasts that nobody renews. */
  readonly leaseMs?: number;
  readonly steps?: Steps;
  readonly report?: (error: unknown) => void;
}

/** What is made for tests, or is this machine itself, is asked as often as one likes. */
const boundless: RequestBudget = { burst: Infinity, perSecond: Infinity };

/**
 * Builds the engine over the store of `SLUICE_STORE`, `jobs.db` in Sluice's home otherwise, and over the clusters of
 * `sluice.yaml` and of this user's test clusters. Throws as `openStore` does.
 */
export async function assembleEngine(config: Config, options: EngineOptions = {}): Promise<AssembledEngine> {
  const { cwd = process.cwd(), ...rest } = options;
  const closing = new AbortController();
  const store = await openStore({ url: config.store ?? join(config.home, "jobs.db"), clock: systemClock });
  const engine = createEngine({
    ...rest,
    store,
    directory: clusterDirectory(config, cwd, closing.signal),
    clock: systemClock,
    holder: `${hostname()}:${process.pid}:${randomUUID()}`,
  });
  return {
    ...engine,
    store,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await engine[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/**
 * The clusters that can be reached from here. A Slurm that is installed on this host is one where no `sluice.yaml` says
 * what there is; this machine itself is one where there is nothing else.
 */
function clusterDirectory(config: Config, cwd: string, signal: AbortSignal): ClusterDirectory {
  const launcher = assembleLauncher(config);
  const sources = assembleClusters({ config, signal, launcher: async () => launcher, foldersAreThere: true });
  let localSlurm: Promise<Cluster | undefined> | undefined;
  const findLocalSlurm = (): Promise<Cluster | undefined> => {
    localSlurm ??= sources.localSlurm();
    // One that does not answer now may do so later.
    localSlurm.catch(() => (localSlurm = undefined));
    return localSlurm;
  };

  const settings = (): SluiceYaml | undefined => {
    const path = nearestFile("sluice.yaml", cwd);
    return path === undefined ? undefined : readSluiceYaml(readFileSync(path, "utf8"), path);
  };
  const configured = (file: SluiceYaml | undefined): readonly ListedCluster[] =>
    Object.entries(file?.clusters ?? {}).map(([name, cluster]) => ({
      name,
      kind: cluster.kind,
      identity: JSON.stringify(cluster),
      ...budgetOf(cluster),
    }));
  const testClusters = (): readonly ListedCluster[] =>
    launcher.records.list().map(({ name, directory, created }) => ({
      name,
      kind: "slurm",
      identity: `test cluster ${directory} of ${created}`,
      budget: boundless,
    }));

  const list = async (): Promise<readonly ListedCluster[]> => {
    const file = settings();
    const known = new Map([...configured(file), ...testClusters()].map((cluster) => [cluster.name, cluster]));
    if (file === undefined) {
      const local = await findLocalSlurm().catch(() => undefined);
      if (local !== undefined && !known.has(local.name)) {
        known.set(local.name, { name: local.name, kind: local.kind, identity: "this host" });
      }
    }
    if (known.size === 0) {
      known.set("process", { name: "process", kind: "process", identity: "this host", budget: boundless });
    }
    return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  return {
    list,
    async open(name) {
      const record = launcher.records.get(name);
      if (record !== undefined) {
        const { directory } = record;
        const slurmConf = join(directory, "config", "slurm.conf");
        return sources.testCluster({ name, directory, slurmConf, running: true });
      }
      const found = (await sources.configured(name, cwd)) ?? (await openLocal(name));
      if (found !== undefined) return found;
      throw new SluiceError("CLUSTER_NOT_FOUND", `no cluster "${name}" is known here; try: sluice cluster list`, {
        details: { name },
      });
    },
    async defaultName() {
      const near = config.testCluster ?? nearestCluster(cwd);
      if (near !== undefined) return near;
      const file = settings();
      if (file?.default !== undefined) return file.default;
      const names = file === undefined ? (await list()).map(({ name }) => name) : Object.keys(file.clusters);
      return names.length === 1 ? names[0] : undefined;
    },
  };

  async function openLocal(name: string): Promise<Cluster | undefined> {
    const slurm = await findLocalSlurm().catch(() => undefined);
    if (slurm?.name === name) return slurm;
    return name === "process" ? sources.process() : undefined;
  }
}

function budgetOf(cluster: SluiceYaml["clusters"][string]): { readonly budget?: RequestBudget } {
  if (cluster.kind === "process" || cluster.kind === "mock") return { budget: boundless };
  if (cluster.requests === undefined) return {};
  return { budget: { burst: cluster.requests.burst, perSecond: cluster.requests.per_second } };
}
