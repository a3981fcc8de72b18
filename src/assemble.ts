import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ClusterKind } from "./clusters/cluster-kind.ts";
import { clusterKinds } from "./clusters/registry.ts";
import { readSluiceYaml, type ClusterSettings } from "./clusters/sluice-yaml.ts";
import { vanishingCluster } from "./clusters/vanishing-cluster.ts";
import type { Config } from "./config.ts";
import { SluiceError } from "./errors.ts";
import { systemClock } from "./jobs/clock.ts";
import type { ClusterSources } from "./jobs/choose-cluster.ts";
import type { Cluster, SubmitRequest } from "./jobs/cluster.ts";
import type { LauncherDeps } from "./launcher/clusters.ts";
import { locateCluster, nearestCluster } from "./launcher/locate.ts";
import { createLocalRunner } from "./remote/local-runner.ts";
import { SshChannels } from "./remote/ssh/channels.ts";
import { createSshRunner } from "./remote/ssh/ssh-runner.ts";
import type { SshDestination } from "./schema/ssh-destination.ts";
import { showConfig } from "./slurm/commands/scontrol-show-config.ts";

/** Slurm without a configuration asks the network for one, which may take its time to answer nothing. */
const probeDeadlineMs = 10_000;

/** For ssh to connect and the start-up files of a login node to run. */
const loginDeadlineMs = 60_000;

export interface ClusterAssembly {
  readonly config: Config;
  /** Ends the search for a Slurm on this host. */
  readonly signal: AbortSignal;
  /** Where test clusters are looked up; built when one may be meant. */
  readonly launcher: () => Promise<LauncherDeps>;
  /** Whether a folder to start in, where a job names one, is one of its cluster; a folder of this machine otherwise. */
  readonly foldersAreThere?: boolean;
}

/** Builds the clusters that jobs can be sent to from here. Nothing is opened before it is asked for. */
export function assembleClusters(assembly: ClusterAssembly): ClusterSources {
  const { config, signal, launcher, foldersAreThere = false } = assembly;
  const open = (
    kind: ClusterKind,
    name: string,
    base: string,
    extra: Readonly<Record<string, string>> = {},
    settings?: ClusterSettings,
  ): Cluster => {
    const environment = { ...config.environment, ...extra };
    const runner = createLocalRunner({ env: environment });
    return kind.open({ name, base, environment, runner, ...(settings !== undefined && { settings }) });
  };
  // They end with the process, and what they started on login nodes with them.
  const channels = new SshChannels({ env: config.environment, clock: systemClock, random: Math.random });
  const openOverSsh = async (
    name: string,
    ssh: SshDestination,
    { folder, work_directory }: ClusterSettings & { readonly kind: "slurm" },
    extra: Readonly<Record<string, string>>,
  ): Promise<Cluster> => {
    const channel = channels.to(ssh);
    const { home, environment } = await channel.greeting({
      what: `login to ${ssh.host}`,
      deadlineMs: loginDeadlineMs,
      signal,
    });
    const cluster = clusterKinds.get("slurm").open({
      name,
      base: folder ?? `${home}/.sluice`,
      environment: { ...environment, ...extra },
      runner: createSshRunner({ channel, env: extra }),
    });
    return startingIn(cluster, work_directory ?? home, foldersAreThere);
  };
  const openSettings = async (name: string, settings: ClusterSettings): Promise<Cluster> => {
    const folder = ("folder" in settings ? settings.folder : undefined) ?? config.home;
    if (settings.kind !== "slurm") return open(clusterKinds.get(settings.kind), name, folder, {}, settings);
    const { slurm_conf, ssh, work_directory } = settings;
    const extra: Readonly<Record<string, string>> = slurm_conf === undefined ? {} : { SLURM_CONF: slurm_conf };
    if (ssh !== undefined) return openOverSsh(name, ssh, settings, extra);
    const cluster = open(clusterKinds.get("slurm"), name, folder, extra);
    return work_directory === undefined ? cluster : startingIn(cluster, work_directory, foldersAreThere);
  };

  return {
    async locateTestCluster({ name, cwd }) {
      const wanted = name ?? nearestCluster(cwd);
      if (wanted === undefined) return undefined;
      try {
        return locateCluster(await launcher(), wanted);
      } catch (error) {
        if (error instanceof SluiceError && error.code === "CLUSTER_NOT_FOUND") return undefined;
        throw error;
      }
    },

    async configured(name, cwd) {
      const path = nearestFile("sluice.yaml", cwd);
      if (path === undefined) return undefined;
      const file = readSluiceYaml(readFileSync(path, "utf8"), path);
      const names = Object.keys(file.clusters);
      const chosen = name ?? file.default ?? (names.length === 1 ? names[0] : undefined);
      if (chosen === undefined) {
        throw new SluiceError(
          "INPUT_INVALID",
          `${path} has several clusters and no default; add one, or give --cluster`,
          {
            details: { field: "--cluster", file: path },
          },
        );
      }
      const settings = file.clusters[chosen];
      return settings === undefined ? undefined : openSettings(chosen, settings);
    },

    testCluster: ({ name, directory, slurmConf }) =>
      vanishingCluster(open(clusterKinds.get("slurm"), name, directory, { SLURM_CONF: slurmConf }), slurmConf),

    async localSlurm() {
      const runner = createLocalRunner({ env: config.environment });
      try {
        const { clusterName } = await runner.run(showConfig(), { signal, deadlineMs: probeDeadlineMs });
        return open(clusterKinds.get("slurm"), clusterName ?? "slurm", config.home);
      } catch (error) {
        const absent: readonly string[] = ["SLURM_MISSING", "CONFIG_INVALID"];
        if (error instanceof SluiceError && absent.includes(error.code)) return undefined;
        throw error;
      }
    },

    process: () => open(clusterKinds.get("process"), "this machine", config.home),
  };
}

/** The same cluster with its own place for jobs to start in: for all, or for those that name none. */
function startingIn(cluster: Cluster, place: string, asAsked: boolean): Cluster {
  const placed = (request: SubmitRequest): SubmitRequest => ({
    ...request,
    workDirectory: asAsked ? (request.workDirectory ?? place) : place,
  });
  return {
    ...cluster,
    submit: (request, signal) => cluster.submit(placed(request), signal),
    submitAll: (requests, signal) => cluster.submitAll(requests.map(placed), signal),
    test: (request, signal) => cluster.test(placed(request), signal),
  };
}

/** The nearest file of that name, from the folder upwards. */
export function nearestFile(name: string, folder: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? undefined : nearestFile(name, dirname(folder));
}
