import { assembleClusters, nearestFile } from "./assemble.ts";
import { assembleOneCluster, type OneCluster } from "./assemble-one-cluster.ts";
import { checkGuard, mapsOwners, ownerFaults, readSelf, runAs } from "./assemble-owners.ts";
import { isDeadHolder, nameHolder } from "./assemble-holder.ts";
import { assembleLauncher } from "./assemble-launcher.ts";
import { capabilitiesOf } from "./clusters/registry.ts";
import { createSettingsReader } from "./clusters/settings-reader.ts";
import { readSluiceYamlFile } from "./clusters/read-sluice-yaml.ts";
import type { SluiceYaml } from "./clusters/sluice-yaml.ts";
import type { Config } from "./config.ts";
import { SluiceError } from "./errors.ts";
import { systemClock } from "./jobs/clock.ts";
import type { Cluster, RequestBudget } from "./jobs/cluster.ts";
import type { ClusterDirectory, ListedCluster } from "./jobs/cluster-directory.ts";
import { chooseDefault, type DefaultCluster } from "./jobs/default-cluster.ts";
import { createEngine } from "./jobs/engine/engine.ts";
import type { PollPace } from "./jobs/engine/owned-cluster.ts";
import type { Steps } from "./jobs/engine/steps.ts";
import type { Engine } from "./jobs/job-service.ts";
import { isRunning } from "./launcher/locate.ts";
import { nearestCluster } from "./launcher/nearest-cluster.ts";
import type { ClusterRecord } from "./schema/cluster-record.ts";
import { UnixAccounts } from "./remote/unix-accounts.ts";
import { openStore } from "./store/registry.ts";
import type { OpenStore } from "./store/store-kind.ts";

/** An engine with the store that it works on, which it closes when it is disposed of. */
export interface AssembledEngine extends Engine {
  readonly store: OpenStore;
}

export interface EngineOptions {
  /** Where `sluice.yaml` and the nearest test cluster are looked for; the process's own folder where absent. */
  readonly cwd?: string;
  /** Lists this machine itself, as the cluster `process`, beside others too: somebody has named it. */
  readonly withProcess?: boolean;
  /** The one cluster that there is to be, in place of those of settings and of this user's test clusters. */
  readonly only?: OneCluster;
  /** The one test cluster that there is to be. */
  readonly onlyTestCluster?: string;
  /** How long a cluster's lease lasts that nobody renews. */
  readonly leaseMs?: number;
  /** How soon queues are looked at again. */
  readonly pace?: PollPace;
  readonly steps?: Steps;
  readonly report?: (error: unknown) => void;
}

/** What is to be said of clusters that stand in no file of settings. */
const ownTestCluster = { kind: "slurm" } as const;
const ownProcess = { kind: "process" } as const;

/** What is made for tests, or is this machine itself, is asked as often as one likes. */
const boundless: RequestBudget = { burst: Infinity, perSecond: Infinity };

/**
 * Builds the engine over the store of `SLUICE_STORE`, `jobs.db` in Sluice's home otherwise, and over the clusters of
 * `sluice.yaml` and of this user's test clusters. Throws as `openStore` does.
 */
export async function assembleEngine(config: Config, options: EngineOptions = {}): Promise<AssembledEngine> {
  const { cwd = process.cwd(), withProcess = false, only, onlyTestCluster, ...rest } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const directory =
    only === undefined
      ? assembleDirectory(config, { cwd, withProcess, signal, onlyTestCluster })
      : assembleOneCluster(config, only, signal);
  const store = await openStore({ url: config.store, clock: systemClock });
  const engine = createEngine({
    ...rest,
    store,
    directory,
    clock: systemClock,
    holder: nameHolder(),
    isDead: isDeadHolder,
  });
  return {
    ...engine,
    store,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await engine[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/**
 * Whether the settings that count in this folder say as whom the jobs of each owner run; all run as the user of this process
 * otherwise. Throws `CONFIG_INVALID` where this process cannot do what they ask for.
 */
export function areOwnersMapped(cwd: string): boolean {
  const path = nearestFile("sluice.yaml", cwd);
  const settings = createSettingsReader(() => path)();
  if (path === undefined || settings === undefined || !mapsOwners(settings.file)) return false;
  checkGuard(settings);
  readSluiceYamlFile(path, (file) => ownerFaults(readSelf(), file));
  return true;
}

export interface DirectoryOptions {
  readonly cwd: string;
  readonly withProcess: boolean;
  readonly signal: AbortSignal;
  /** Leaves all others out, and asks nothing for them. */
  readonly onlyTestCluster?: string | undefined;
}

/** A directory that can say why it has the default that it has. Disposing ends the connections to its clusters. */
export interface AssembledDirectory extends ClusterDirectory, AsyncDisposable {
  defaultCluster(): Promise<DefaultCluster>;
}

/**
 * The clusters that can be reached from here. A Slurm that is installed on this host is one where no `sluice.yaml` says
 * what there is; this machine itself is one where there is nothing else.
 */
export function assembleDirectory(
  config: Config,
  { cwd, withProcess, signal, onlyTestCluster }: DirectoryOptions,
): AssembledDirectory {
  const launcher = assembleLauncher(config);
  const ownership = { self: readSelf(), accounts: new UnixAccounts({ clock: systemClock, env: config.environment }) };
  const sources = assembleClusters({ config, signal, ownership });
  let localSlurm: Promise<Cluster | undefined> | undefined;
  const findLocalSlurm = (): Promise<Cluster | undefined> => {
    localSlurm ??= sources.localSlurm();
    // One that does not answer now may do so later.
    localSlurm.catch(() => (localSlurm = undefined));
    return localSlurm;
  };

  const readSettings = createSettingsReader(() => nearestFile("sluice.yaml", cwd));
  const settings = (): SluiceYaml | undefined => readSettings()?.file;
  const configured = (file: SluiceYaml | undefined): readonly ListedCluster[] =>
    Object.entries(file?.clusters ?? {}).map(([name, cluster]) => ({
      name,
      kind: cluster.kind,
      capabilities: capabilitiesOf(cluster.kind),
      identity: JSON.stringify(cluster),
      ...("ssh" in cluster && cluster.ssh !== undefined && { isRemote: true }),
      ...budgetOf(cluster),
    }));
  const testClusters = (): readonly ListedCluster[] =>
    launcher.records.list().map((record) => ({
      name: record.name,
      kind: "slurm",
      capabilities: capabilitiesOf("slurm"),
      identity: `test cluster ${record.directory} of ${record.created}`,
      since: record.created,
      budget: boundless,
      ...(!isRunning(launcher, record) && { problem: stoppedCluster(record.name) }),
    }));

  const list = async (): Promise<readonly ListedCluster[]> => {
    if (onlyTestCluster !== undefined) return testClusters().filter(({ name }) => name === onlyTestCluster);
    const file = settings();
    const known = new Map([...configured(file), ...testClusters()].map((cluster) => [cluster.name, cluster]));
    let isSilent = false;
    if (file === undefined) {
      // One of which nothing is known while it does not answer is there all the same.
      const local = await findLocalSlurm().catch(() => {
        isSilent = true;
      });
      if (local !== undefined && !known.has(local.name)) {
        known.set(local.name, {
          name: local.name,
          kind: local.kind,
          capabilities: [...local.capabilities],
          identity: "this host",
        });
      }
    }
    if ((known.size === 0 && !isSilent) || withProcess) {
      if (!known.has("process")) {
        const capabilities = capabilitiesOf("process");
        known.set("process", {
          name: "process",
          kind: "process",
          capabilities,
          identity: "this host",
          budget: boundless,
        });
      }
    }
    return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  return {
    list,
    [Symbol.asyncDispose]: () => sources[Symbol.asyncDispose](),
    async open(name, user) {
      const record = launcher.records.get(name);
      if (record !== undefined) return sources.testCluster(record, () => absenceOf(record), user);
      const found = (await sources.configured(name, cwd, user)) ?? (await openLocal(name, user));
      if (found !== undefined) return found;
      throw new SluiceError("CLUSTER_NOT_FOUND", `no cluster "${name}" is known here; try: sluice cluster list`, {
        details: { name },
      });
    },
    async runAs(name, caller) {
      const read = readSettings();
      if (read === undefined) return {};
      const entry =
        launcher.records.get(name) === undefined ? (read.file.clusters[name] ?? ownProcess) : ownTestCluster;
      return runAs(ownership, read, { name, entry, caller });
    },
    defaultCluster,
    defaultName: async () => (await defaultCluster()).name,
  };

  function defaultCluster(): Promise<DefaultCluster> {
    return chooseDefault({
      testCluster: config.testCluster,
      nearest: nearestCluster(cwd),
      settings() {
        const read = readSettings();
        return read && { path: read.path, default: read.file.default, names: Object.keys(read.file.clusters) };
      },
      localSlurm: async () => (await findLocalSlurm().catch(() => undefined))?.name,
      all: async () => (await list()).map(({ name }) => name),
    });
  }

  /** Why a test cluster takes no commands now. */
  function absenceOf({ name, created }: ClusterRecord): SluiceError | undefined {
    const record = launcher.records.get(name);
    if (record?.created !== created) {
      return new SluiceError("CLUSTER_NOT_FOUND", `the test cluster "${name}" is gone; it has been destroyed`, {
        details: { name },
      });
    }
    return isRunning(launcher, record) ? undefined : stoppedCluster(name);
  }

  async function openLocal(name: string, user: string | undefined): Promise<Cluster | undefined> {
    const { self } = ownership;
    if (user !== undefined && user !== self.name) {
      throw new SluiceError("FORBIDDEN", `cluster "${name}" runs all jobs as ${self.name}, and none as ${user}`);
    }
    const slurm = await findLocalSlurm().catch(() => undefined);
    if (slurm?.name === name) return slurm;
    return name === "process" ? sources.process() : undefined;
  }
}

function stoppedCluster(name: string): SluiceError {
  const remedy = `sluice cluster start --name ${name}`;
  return new SluiceError("CLUSTER_NOT_RUNNING", `the test cluster "${name}" is stopped; start it with: ${remedy}`, {
    details: { name },
  });
}

function budgetOf(cluster: SluiceYaml["clusters"][string]): { readonly budget?: RequestBudget } {
  if (cluster.kind === "process" || cluster.kind === "mock") return { budget: boundless };
  if (cluster.requests === undefined) return {};
  return { budget: { burst: cluster.requests.burst, perSecond: cluster.requests.per_second } };
}
