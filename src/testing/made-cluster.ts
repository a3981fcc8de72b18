import { mkdtemp } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { assembleLauncher } from "../assemble-launcher.ts";
import { readConfig } from "../config.ts";
import { SluiceError } from "../errors.ts";
import { openCluster, requireRecord, type LauncherDeps, type Progress } from "../launcher/clusters.ts";
import type { ClusterNetwork } from "../launcher/cluster-network.ts";
import { createCluster } from "../launcher/create.ts";
import { specFromOptions } from "../launcher/create-options.ts";
import { destroyCluster } from "../launcher/destroy.ts";
import type { NodeAction, Wishes } from "../launcher/driver.ts";
import { removeIfEmpty } from "../launcher/folders.ts";
import { clusterLogs, type LogLine } from "../launcher/logs.ts";
import { actOnNode } from "../launcher/nodes.ts";
import { reapOrphans } from "../launcher/owner-watch.ts";
import { shareCluster } from "../launcher/shared.ts";
import { startCluster } from "../launcher/start.ts";
import { clusterStatus } from "../launcher/status.ts";
import { stopCluster } from "../launcher/stop.ts";
import { waitFor } from "../launcher/wait-for.ts";
import type { ProcessRecord } from "../schema/cluster-record.ts";
import type { ClusterStatus } from "../schema/cluster-status.ts";
import { readShare } from "./share.ts";
import type { TestClusterConfig } from "./test-cluster-config.ts";
import type { TestClusterLogs } from "./test-cluster.ts";
import type { TestClusterOptions } from "./test-cluster-options.ts";

/** A test cluster that stands on disk, and in the registry. */
export interface MadeCluster {
  readonly config: TestClusterConfig;
  start(): Promise<void>;
  stop(): Promise<void>;
  destroy(): Promise<void>;
  act(node: string, action: NodeAction, reason?: string): Promise<void>;
  status(): Promise<ClusterStatus>;
  logs(logs: TestClusterLogs): AsyncIterable<LogLine>;
}

const defaultTimeoutMs = 60_000;

const never = new AbortController().signal;

/** Makes a cluster that ends with this process, or joins one that is shared. Throws as `sluice cluster create`. */
export async function makeCluster(name: string, options: TestClusterOptions, start: boolean): Promise<MadeCluster> {
  const config = readConfig();
  const home = options.home === undefined ? config.home : resolve(options.home);
  const deps = assembleLauncher({ ...config, home });
  const how: Progress = {
    signal: options.signal ?? never,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    progress: () => {},
  };
  // What has to be cleared away is cleared away in its own time, not in that of the signal.
  const afterwards: Progress = { ...how, signal: never };
  const owner = identifySelf(deps);
  const { topology } = options;
  const network = topology === undefined ? undefined : await networkOf(topology, how.signal);
  const spec = specFromOptions({ ...options, name, network });
  await reapOrphans(deps, how);
  const temporary = options.outputDirectory === undefined;
  const outputDirectory = options.outputDirectory ?? (await mkdtemp(join(tmpdir(), "sluice-")));
  const create = { wishes: wishesOf(options), driver: "auto", outputDirectory: resolve(outputDirectory) } as const;
  try {
    if (options.reuse !== true) {
      await createCluster(deps, { ...how, ...create, spec, start, wait: true, rollback: true, owner });
      return stepsOf(deps, { home, name, how, destroy: () => destroy(deps, name, afterwards) });
    }
    const { name: _, ...shape } = spec;
    const { share = "" } = options;
    const users = share === "" ? ([owner] as const) : ([owner, readShare(share)] as const);
    const shared = await shareCluster(deps, { ...how, spec: shape, create, users, group: share });
    const steps = stepsOf(deps, { home, name: shared.name, how, destroy: () => shared.leave(afterwards) });
    return { ...steps, stop: async () => {} };
  } finally {
    // Where nothing was made in it.
    if (temporary) removeIfEmpty(outputDirectory);
  }
}

/** Where no topology is asked for, nothing of it is loaded. */
async function networkOf(name: string, signal: AbortSignal): Promise<ClusterNetwork> {
  const { readNetwork } = await import("../launcher/cluster-network.ts");
  return readNetwork(name, process.cwd(), signal);
}

function stepsOf(
  deps: LauncherDeps,
  made: { readonly home: string; readonly name: string; readonly how: Progress; readonly destroy: () => Promise<void> },
): MadeCluster {
  const { home, name, how } = made;
  return {
    config: configOf(deps, home, name),
    start: async () => void (await startCluster(deps, { ...how, name, wait: true })),
    stop: async () => void (await stopCluster(deps, { ...how, name })),
    destroy: made.destroy,
    act: (node, action, reason = "set by a test") => actOnNode(deps, { ...how, name, node, action, reason }),
    status: () => clusterStatus(deps, name, how.signal),
    logs: ({ source, tail, follow = false, signal = how.signal }) =>
      clusterLogs(deps, {
        name,
        follow,
        signal,
        ...(source !== undefined && { source }),
        ...(tail !== undefined && { tail }),
      }),
  };
}

function configOf(deps: LauncherDeps, home: string, name: string): TestClusterConfig {
  const record = requireRecord(deps, name);
  const cluster = openCluster(record);
  const { identityFile, registry } = deps.drivers.get(record.driver).access(cluster);
  const { ssh: port } = cluster.file.ports;
  return {
    testCluster: name,
    home,
    hostname: "localhost",
    username: userInfo().username,
    slurmConf: join(record.directory, "config", "slurm.conf"),
    ...(port !== undefined && { port }),
    ...(identityFile !== undefined && { identityFile }),
    ...(registry !== undefined && { registry: `http://${registry}` }),
  };
}

/** Another may be at work on it just now: its watch, or whoever looks for clusters whose owner has died. */
async function destroy(deps: LauncherDeps, name: string, how: Progress): Promise<void> {
  await waitFor(
    async () => {
      try {
        await destroyCluster(deps, { ...how, name });
        return true;
      } catch (error) {
        if (error instanceof SluiceError && error.code === "CLUSTER_BUSY") return undefined;
        throw error;
      }
    },
    { what: `cluster "${name}" to be free to be destroyed`, timeoutMs: how.timeoutMs, signal: how.signal },
  );
}

/** What was asked for by name is needed; what a preset brings along may be left out. */
function wishesOf({ withRegistry, withPyxis, withAccounting, withRest, port }: TestClusterOptions): Wishes {
  const asked = [
    ["registry", withRegistry],
    ["pyxis", withPyxis],
    ["accounting", withAccounting],
    ["rest", withRest],
  ] as const;
  return {
    services: new Set(asked.flatMap(([service, wanted]) => (wanted === true ? [service] : []))),
    leavesKnownPorts: true,
    ...(port !== undefined && { sshPort: port }),
  };
}

function identifySelf(deps: LauncherDeps): ProcessRecord {
  const self = deps.processes.identify(process.pid);
  if (self === undefined) throw new SluiceError("COMMAND_FAILED", `/proc does not show this process (${process.pid})`);
  return self;
}
