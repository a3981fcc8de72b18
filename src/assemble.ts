import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { inNameOf, openAsUser, type SlurmSettings } from "./assemble-as-user.ts";
import type { OwnershipDeps } from "./assemble-owners.ts";
import type { ClusterKind } from "./clusters/cluster-kind.ts";
import { clusterKinds } from "./clusters/registry.ts";
import { readSluiceYamlFile } from "./clusters/read-sluice-yaml.ts";
import type { ClusterSettings } from "./clusters/sluice-yaml.ts";
import { startingIn } from "./clusters/starting-in.ts";
import { vanishingCluster } from "./clusters/vanishing-cluster.ts";
import type { Config } from "./config.ts";
import { SluiceError } from "./errors.ts";
import { systemClock } from "./jobs/clock.ts";
import type { Cluster } from "./jobs/cluster.ts";
import { findPrograms } from "./launcher/drivers/native/programs.ts";
import { createLocalRunner } from "./remote/local-runner.ts";
import { SshChannels } from "./remote/ssh/channels.ts";
import { createSshRunner } from "./remote/ssh/ssh-runner.ts";
import type { ClusterRecord } from "./schema/cluster-record.ts";
import type { SshDestination } from "./schema/ssh-destination.ts";
import { readSlurmConf } from "./slurm/config/read-slurm-conf.ts";
import { showConfig } from "./slurm/commands/scontrol-show-config.ts";

/** Slurm without a configuration asks the network for one, which may take its time to answer nothing. */
const probeDeadlineMs = 10_000;

/** For ssh to connect and the start-up files of a login node to run. */
const loginDeadlineMs = 60_000;

export interface ClusterAssembly {
  readonly config: Config;
  /** Ends the search for a Slurm on this host. */
  readonly signal: AbortSignal;
  /** Who this process is, and who else there is on this host. */
  readonly ownership: OwnershipDeps;
}

/** What clusters are opened from. Disposing ends the connections that were made for them, and what runs at their far ends. */
export interface ClusterSources extends AsyncDisposable {
  /** A cluster of the nearest `sluice.yaml`, as a Unix user there. Throws `CONFIG_INVALID`, and as `openAsUser`. */
  configured(name: string, cwd: string, user?: string): Promise<Cluster | undefined>;
  /** One of such a file, wherever that stands. */
  opened(name: string, settings: ClusterSettings): Promise<Cluster>;
  /** `absence` says why it cannot be asked anything now. */
  testCluster(record: ClusterRecord, absence: () => SluiceError | undefined, user?: string): Promise<Cluster>;
  /** A Slurm whose programs and configuration are on this host; `undefined` where there is none. */
  localSlurm(): Promise<Cluster | undefined>;
  process(): Cluster;
}

/** Builds the clusters that jobs can be sent to from here. Nothing is opened before it is asked for. */
export function assembleClusters(assembly: ClusterAssembly): ClusterSources {
  const { config, signal, ownership } = assembly;
  const { self } = ownership;
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
  const channels = new SshChannels({ env: config.environment, clock: systemClock, random: Math.random });
  const openOverSsh = async (
    name: string,
    ssh: SshDestination,
    settings: Extract<ClusterSettings, { readonly kind: "slurm" | "slurm-rest" }>,
    extra: Readonly<Record<string, string>>,
  ): Promise<Cluster> => {
    const channel = channels.to(ssh);
    const { home, environment } = await channel.greeting({
      what: `login to ${ssh.host}`,
      deadlineMs: loginDeadlineMs,
      signal,
    });
    const { folder, work_directory } = settings;
    const login = { user: environment["LOGNAME"] ?? environment["USER"] ?? "", home };
    const cluster = clusterKinds.get(settings.kind).open({
      name,
      settings,
      base: inNameOf(login, folder ?? "~/.sluice"),
      environment: { ...environment, ...extra },
      runner: createSshRunner({ channel, env: extra }),
    });
    return startingIn(cluster, inNameOf(login, work_directory ?? home));
  };
  const openAs = (name: string, user: string, settings: SlurmSettings): Promise<Cluster> =>
    openAsUser({ ...ownership, channels, signal }, { name, user, settings });
  const openSettings = async (name: string, settings: ClusterSettings, user?: string): Promise<Cluster> => {
    if (user !== undefined && (user !== self.name || ("ssh" in settings && settings.ssh !== undefined))) {
      if (settings.kind === "slurm") return openAs(name, user, settings);
      const problem = `a cluster of kind ${settings.kind} runs all jobs as ${self.name}`;
      throw new SluiceError("FORBIDDEN", `jobs of ${user} cannot be handled on cluster "${name}": ${problem}`);
    }
    const own = { user: self.name, home: config.environment["HOME"] ?? homedir() };
    const folder = inNameOf(own, ("folder" in settings ? settings.folder : undefined) ?? config.home);
    if (settings.kind !== "slurm" && settings.kind !== "slurm-rest")
      return open(clusterKinds.get(settings.kind), name, folder, {}, settings);
    const { slurm_conf, ssh, work_directory } = settings;
    const extra: Readonly<Record<string, string>> = slurm_conf === undefined ? {} : { SLURM_CONF: slurm_conf };
    if (ssh !== undefined) return openOverSsh(name, ssh, settings, extra);
    const cluster = open(clusterKinds.get(settings.kind), name, folder, extra, settings);
    return work_directory === undefined ? cluster : startingIn(cluster, inNameOf(own, work_directory));
  };

  return {
    opened: openSettings,

    async configured(name, cwd, user) {
      const path = nearestFile("sluice.yaml", cwd);
      if (path === undefined) return undefined;
      const settings = readSluiceYamlFile(path).clusters[name];
      return settings === undefined ? undefined : openSettings(name, settings, user);
    },

    async testCluster({ name, directory }, absence, user) {
      const slurm_conf = join(directory, "config", "slurm.conf");
      const cluster =
        user === undefined || user === self.name
          ? open(clusterKinds.get("slurm"), name, directory, { SLURM_CONF: slurm_conf })
          : await openAs(name, user, { kind: "slurm", slurm_conf });
      return vanishingCluster(cluster, absence);
    },

    async localSlurm() {
      const runner = createLocalRunner({ env: config.environment });
      try {
        const deadline = { signal, deadlineMs: probeDeadlineMs };
        const written = writtenClusterName(config.environment["SLURM_CONF"] ?? "/etc/slurm/slurm.conf");
        // The file tells the name of a cluster whose controller does not answer, too.
        const programs = findPrograms(config.environment["PATH"] ?? config.path, []);
        if (programs.find("scontrol") === undefined) return undefined;
        const name = written ?? (await runner.run(showConfig(), deadline)).clusterName ?? "slurm";
        return open(clusterKinds.get("slurm"), name, config.home);
      } catch (error) {
        const absent: readonly string[] = ["SLURM_MISSING", "CONFIG_INVALID"];
        if (error instanceof SluiceError && absent.includes(error.code)) return undefined;
        throw error;
      }
    },

    process: () => open(clusterKinds.get("process"), "process", config.home),

    [Symbol.asyncDispose]: () => channels[Symbol.asyncDispose](),
  };
}

/** As Slurm itself knows it; `undefined` where there is no such file, or none that says so. */
function writtenClusterName(slurmConf: string): string | undefined {
  try {
    return readSlurmConf(readFileSync(slurmConf, "utf8")).clusterName?.toLowerCase();
  } catch {
    return undefined;
  }
}

/** The nearest file of that name, from the folder upwards. */
export function nearestFile(name: string, folder: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? undefined : nearestFile(name, dirname(folder));
}
