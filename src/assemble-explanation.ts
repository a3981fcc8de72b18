import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { nearestFile } from "./assemble.ts";
import { assembleDirectory } from "./assemble-engine.ts";
import { assembleLauncher } from "./assemble-launcher.ts";
import { readSluiceYamlFile } from "./clusters/read-sluice-yaml.ts";
import type { ClusterSettings, SluiceYaml } from "./clusters/sluice-yaml.ts";
import { settingVariables, type Config } from "./config.ts";
import type { ListedCluster } from "./jobs/cluster-directory.ts";
import type { DefaultCluster } from "./jobs/default-cluster.ts";
import { ownerPlaceholder } from "./schema/owners.ts";

/** One cluster that can be reached from here, and how. */
export interface ExplainedCluster {
  readonly name: string;
  readonly kind: string;
  /** Where it is known from. */
  readonly from: string;
  readonly reached: string;
  /** The folder of jobs' folders, there; absent where there are none. */
  readonly folder?: string;
  /** How many requests it is sent at most, and who says so. */
  readonly requests: { readonly burst?: number; readonly perSecond?: number; readonly source: string };
  /** Why it takes no commands now. */
  readonly problem?: string;
}

/** Which settings count in a folder, and why. No secret is in it. */
export interface SettingsExplanation {
  readonly folder: string;
  /** The `sluice.yaml` that counts there. */
  readonly settingsFile?: string;
  readonly home: string;
  /** Without the password, where its address has one. */
  readonly store: string;
  /** The gateway that commands about jobs talk to; absent where this process handles them. */
  readonly gateway?: string;
  readonly tokenFile: { readonly path: string; readonly exists: boolean };
  readonly default: DefaultCluster;
  readonly clusters: readonly ExplainedCluster[];
  readonly variables: readonly { readonly name: string; readonly value?: string; readonly meaning: string }[];
}

/** Throws `CONFIG_INVALID`. Asks no cluster but a Slurm of this host, and that where no `sluice.yaml` says what there is. */
export async function explainSettings(config: Config, cwd: string, signal: AbortSignal): Promise<SettingsExplanation> {
  const path = nearestFile("sluice.yaml", cwd);
  const file = path === undefined ? undefined : readSluiceYamlFile(path);
  const directory = assembleDirectory(config, { cwd, withProcess: false, signal });
  const testClusters = new Map(
    assembleLauncher(config)
      .records.list()
      .map((record) => [record.name, record.directory]),
  );
  const tokenPath = config.tokenFile ?? join(config.home, "token");
  return {
    folder: cwd,
    ...(path !== undefined && { settingsFile: path }),
    home: config.home,
    store: withoutPassword(config.store),
    ...(config.url !== undefined && { gateway: withoutPassword(config.url) }),
    tokenFile: { path: tokenPath, exists: existsSync(tokenPath) },
    default: await directory.defaultCluster(),
    clusters: (await directory.list()).map((cluster) => {
      const home = testClusters.get(cluster.name);
      const known = home === undefined ? describeOwn(cluster, { config, path, file }) : describeTestCluster(home);
      return explainCluster(cluster, known);
    }),
    variables: Object.entries(settingVariables).map(([name, meaning]) => {
      const value = config.environment[name];
      return { name, meaning, ...(value !== undefined && { value: withoutPassword(value) }) };
    }),
  };
}

type Known = Pick<ExplainedCluster, "from" | "reached" | "folder">;

function explainCluster({ name, kind, budget, problem }: ListedCluster, known: Known): ExplainedCluster {
  return {
    name,
    kind,
    ...known,
    requests: requestsOf(budget),
    ...(problem !== undefined && { problem: problem.message }),
  };
}

function describeTestCluster(directory: string): Known {
  return { from: "sluice cluster create", reached: "on this host", folder: directory };
}

function describeOwn(
  { name }: ListedCluster,
  { config, path, file }: { config: Config; path: string | undefined; file: SluiceYaml | undefined },
): Known {
  const settings = file?.clusters[name];
  if (settings === undefined) return { from: "this host", reached: "on this host", folder: config.home };
  const folder = folderOf(settings, config.home)?.replaceAll(ownerPlaceholder, userInfo().username);
  return { from: path ?? "", reached: reachOf(settings), ...(folder !== undefined && { folder }) };
}

function requestsOf(budget: ListedCluster["budget"]): ExplainedCluster["requests"] {
  if (budget === undefined) return { source: "what the cluster asks for (rl_enable), else 60 and 20 a second" };
  const { burst, perSecond } = budget;
  return burst === Infinity ? { source: "no limit" } : { burst, perSecond, source: "sluice.yaml" };
}

function folderOf(settings: ClusterSettings, home: string): string | undefined {
  if (settings.kind === "mock") return undefined;
  if (settings.folder !== undefined) return settings.folder;
  return "ssh" in settings && settings.ssh !== undefined ? "~/.sluice, on its host" : home;
}

function reachOf(settings: ClusterSettings): string {
  if (settings.kind === "mock") return "in memory";
  const ssh = "ssh" in settings ? settings.ssh : undefined;
  const host =
    ssh === undefined
      ? "on this host"
      : `by ssh to ${ssh.user === undefined ? "" : `${ssh.user}@`}${ssh.host}${ssh.port === undefined ? "" : `:${ssh.port}`}`;
  const rest = settings.kind === "slurm-rest" ? (settings.url ?? settings.socket) : undefined;
  return rest === undefined ? host : `by slurmrestd at ${withoutPassword(rest)}, commands ${host}`;
}

/** An address for people. */
export function withoutPassword(address: string): string {
  return address
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:\s]*):[^@\s]*@/i, "$1:***@")
    .replaceAll(/([?&](?:password|sslpassword)=)[^&\s]*/gi, "$1***");
}
