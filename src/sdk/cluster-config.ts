import { hostname as hostName } from "node:os";
import { SluiceError } from "../errors.ts";
import { nearestName } from "../slurm/batch/nearest-name.ts";
import type { TestClusterOptions } from "../testing/test-cluster-options.ts";
import type { Connection } from "./connection.ts";
import { checkOptions } from "./define/check-options.ts";
import { mergeOptions } from "./define/resolve-options.ts";
import type { TaskOptions } from "./define/task-options.ts";
import type { Packaging } from "./shipping/packaging.ts";

/**
 * How a cluster is reached. What `TestCluster.getConfig()` gives is one, and so are the settings of the Python SDK, whose
 * spelling (`key_filename`) is taken as well as this one (`keyFilename`).
 */
export interface ClusterConfig {
  /** What the cluster is called in messages and in the store of jobs; made of where it is, where left out. */
  readonly name?: string | undefined;
  /** A test cluster of this machine, by its name; then the rest is for people. */
  readonly testCluster?: string | undefined;
  /** One that is made when it is first needed, and destroyed when the cluster is closed: what `TestCluster` takes. */
  readonly testing?: TestClusterOptions | undefined;
  /** The home of Sluice in which that test cluster is known, or in which jobs are kept; SLUICE_HOME where left out. */
  readonly home?: string | undefined;
  /** A gateway: `http://HOST:7373`, `https://HOST`, `unix:/PATH`. */
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  /** The cluster's name at the gateway. */
  readonly cluster?: string | undefined;
  /** `ssh` where there is a `hostname`, `local` (Slurm's commands on this host) otherwise; `process` runs jobs without Slurm. */
  readonly backend?: "ssh" | "local" | "process" | undefined;
  /** The login node. */
  readonly hostname?: string | undefined;
  /** That of its sshd. */
  readonly port?: number | undefined;
  readonly username?: string | undefined;
  /** A private key. */
  readonly keyFilename?: string | undefined;
  readonly identityFile?: string | undefined;
  /** Read in place of `~/.ssh/config`. */
  readonly sshConfigFile?: string | undefined;
  /** Options of ssh_config(5), as far as `sluice.yaml` takes them. */
  readonly sshOptions?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** `reject`: host keys that are not known are refused; `auto` and `warn`: they are noted the first time. ssh's own way where left out. */
  readonly hostKeyPolicy?: "reject" | "auto" | "warn" | undefined;
  /** Seconds for a connection to be made. */
  readonly timeout?: number | undefined;
  readonly connectionAttempts?: number | undefined;
  /** A folder that all nodes see, for the folders of jobs: an absolute path, or one from `~/`. */
  readonly jobBaseDir?: string | undefined;
  /** The folder where jobs start: an absolute path, or one from `~/`. */
  readonly workDirectory?: string | undefined;
  readonly slurmConf?: string | undefined;
  /** Variables that jobs get. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly account?: string | undefined;
  readonly partition?: string | undefined;
  /** The lowest layer of the options of all jobs. */
  readonly submit?: TaskOptions | undefined;
  readonly packaging?: Packaging | undefined;
}

type SnakeCase<Name extends string> = Name extends `${infer Head}${infer Rest}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Rest>}`
  : Name;

/** The same in the Python SDK's spelling, where what is about the connection may stand in a part of its own. */
export type PythonConfig = {
  readonly [Name in keyof ClusterConfig as SnakeCase<Name>]?: ClusterConfig[Name];
} & {
  readonly backend_type?: ClusterConfig["backend"];
  readonly backend_config?: Readonly<Record<string, unknown>> | undefined;
  readonly default_account?: string | undefined;
  readonly default_partition?: string | undefined;
  readonly default_packaging?: Packaging | undefined;
};

/** A cluster as it stands in `sluice.yaml`, with its name. */
export interface SluiceYamlConfig {
  readonly kind: "slurm" | "slurm-rest" | "process" | "mock";
  readonly name?: string | undefined;
  readonly [setting: string]: unknown;
}

/** What a configuration comes to. */
export interface ReadConfig {
  readonly connection: Connection;
  /** The lowest layer of the options of all jobs. */
  readonly submit: TaskOptions;
}

const texts = [
  "name",
  "testCluster",
  "home",
  "url",
  "token",
  "tokenFile",
  "cluster",
  "backend",
  "hostname",
  "username",
  "keyFilename",
  "identityFile",
  "sshConfigFile",
  "hostKeyPolicy",
  "jobBaseDir",
  "workDirectory",
  "slurmConf",
  "account",
  "partition",
  // Of a test cluster, for people.
  "registry",
] as const;
const numbers = ["port", "timeout", "connectionAttempts"] as const;
const objects = ["sshOptions", "env", "submit", "testing"] as const;
const known: readonly string[] = [...texts, ...numbers, ...objects, "packaging"];

/** The Python SDK's words for what is called otherwise here. */
const aliases: Readonly<Record<string, string>> = {
  backendType: "backend",
  defaultAccount: "account",
  defaultPartition: "partition",
  defaultPackaging: "packaging",
  host: "hostname",
  user: "username",
  folder: "jobBaseDir",
};

/** Its settings that have no place here, and what to do instead. */
const refused: Readonly<Record<string, string>> = {
  password:
    "Sluice logs in by OpenSSH with keys, certificates, Kerberos or an agent, never with a password; name a key in keyFilename",
  allowAgent: "say so in your ssh configuration (IdentityAgent)",
  lookForKeys: "say so in your ssh configuration (IdentitiesOnly)",
  bannerTimeout: "leave it out; timeout counts for all of the login",
  authTimeout: "leave it out; timeout counts for all of the login",
  retryDelay: "leave it out; connections are made again by themselves",
  disabledAlgorithms: "say so in your ssh configuration (KexAlgorithms, HostKeyAlgorithms)",
  gssAuth: "say so in your ssh configuration (GSSAPIAuthentication)",
  gssKex: "say so in your ssh configuration (GSSAPIAuthentication)",
};

type Text = (typeof texts)[number];
type Settings = { readonly [Name in Text]?: string } & {
  readonly [Name in (typeof numbers)[number]]?: number;
} & { readonly [Name in (typeof objects)[number]]?: object } & { readonly packaging?: unknown };

/** Reads a configuration. Throws `INPUT_INVALID` that names the field. */
export function readClusterConfig(config: object): ReadConfig {
  if ("kind" in config) return { connection: asSluiceYaml(config), submit: {} };
  const settings = readSettings(config);
  const { account, partition, env, packaging } = settings;
  const named = { account, partition, env, packaging };
  return {
    connection: connectionOf(settings),
    submit: mergeOptions([toOptions(named, "config"), toOptions(settings.submit, "submit")]),
  };
}

/** Throws `INPUT_INVALID` for what no job can have. */
export function toOptions(given: object | undefined, at: string): TaskOptions {
  return Object.fromEntries(checkOptions(given ?? {}, at));
}

function connectionOf(settings: Settings): Connection {
  const { testCluster, testing, home, url, token, tokenFile, cluster, name, hostname } = settings;
  if (testing !== undefined)
    return { via: "new-test-cluster", settings: { ...(home !== undefined && { home }), ...testing } };
  if (testCluster !== undefined) return { via: "test-cluster", name: testCluster, home };
  if (url !== undefined) {
    if (!/^(https?:\/\/[^/]|unix:\/)/.test(url))
      throw invalid("url", "takes http://HOST:PORT, https://HOST or unix:/PATH");
    return { via: "gateway", url, token, tokenFile, cluster };
  }
  const { backend = hostname === undefined ? "local" : "ssh" } = settings;
  const { jobBaseDir, workDirectory, slurmConf } = settings;
  const folder = jobBaseDir === undefined ? {} : { folder: pathThere("jobBaseDir", jobBaseDir) };
  if (backend === "process")
    return { via: "settings", name: name ?? "process", home, settings: { kind: "process", ...folder } };
  const slurm = {
    kind: "slurm",
    ...folder,
    ...(workDirectory !== undefined && { work_directory: pathThere("workDirectory", workDirectory) }),
    ...(slurmConf !== undefined && { slurm_conf: absolute("slurmConf", slurmConf) }),
  };
  if (backend === "local") {
    const byDefault = slurmConf === undefined ? hostName() : `${hostName()}:${slurmConf}`;
    return { via: "settings", name: name ?? byDefault, home, settings: slurm };
  }
  if (backend !== "ssh") throw invalid("backend", `is "ssh", "local" or "process", not ${JSON.stringify(backend)}`);
  if (hostname === undefined) throw invalid("hostname", "is missing: ssh needs the login node");
  return {
    via: "settings",
    name: name ?? nameOver(settings, hostname),
    home,
    settings: { ...slurm, ssh: sshOf(settings, hostname) },
  };
}

/** The same settings give the same name, and so the same jobs, in every process. */
function nameOver({ username, port }: Settings, hostname: string): string {
  return `${username === undefined ? "" : `${username}@`}${hostname}${port === undefined ? "" : `:${port}`}`;
}

const hostKeyChecks: Readonly<Record<string, string>> = { reject: "yes", auto: "accept-new", warn: "accept-new" };

function sshOf(settings: Settings, host: string): Readonly<Record<string, unknown>> {
  const { username, port, keyFilename, identityFile = keyFilename, sshConfigFile, hostKeyPolicy } = settings;
  const { timeout, connectionAttempts } = settings;
  const check = hostKeyPolicy === undefined ? undefined : hostKeyChecks[hostKeyPolicy];
  if (hostKeyPolicy !== undefined && check === undefined)
    throw invalid("hostKeyPolicy", `is "reject", "auto" or "warn", not ${JSON.stringify(hostKeyPolicy)}`);
  const options = {
    ...(check !== undefined && { StrictHostKeyChecking: check }),
    ...(timeout !== undefined && { ConnectTimeout: Math.ceil(timeout) }),
    ...(connectionAttempts !== undefined && { ConnectionAttempts: connectionAttempts }),
    ...settings.sshOptions,
  };
  return {
    host,
    ...(username !== undefined && { user: username }),
    ...(port !== undefined && { port }),
    ...(identityFile !== undefined && { identity_file: identityFile }),
    ...(sshConfigFile !== undefined && { config_file: sshConfigFile }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

/** A cluster as `sluice.yaml` has it, with a name. */
function asSluiceYaml(config: object): Connection {
  const { name, ...settings }: { readonly name?: unknown } = config;
  if (name === undefined || (typeof name === "string" && name !== "")) {
    return { via: "settings", name: name ?? "cluster", settings };
  }
  throw invalid("name", "takes a text");
}

function readSettings(config: object): Settings {
  const settings: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(flattened(config))) {
    if (value === undefined || value === null) continue;
    const spelt = given.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const name = aliases[spelt] ?? spelt;
    const instead = refused[name];
    if (instead !== undefined) throw invalid(given, `cannot be said here; ${instead}`);
    if (!known.includes(name)) {
      const near = nearestName(spelt, known);
      throw invalid(
        given,
        `is no setting of a cluster${near === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${near}?`}`,
      );
    }
    if (Object.hasOwn(settings, name)) throw invalid(given, `is given twice, as ${name} too`);
    settings[name] = checked(given, name, value);
  }
  return settings;
}

/** The Python SDK has what is about the connection in an object of its own. */
function flattened(config: object): object {
  const { backend_config, backendConfig = backend_config, ...rest }: Readonly<Record<string, unknown>> = { ...config };
  if (backendConfig === undefined) return rest;
  if (isObject(backendConfig)) return { ...rest, ...backendConfig };
  throw invalid("backend_config", "takes an object");
}

function checked(given: string, name: string, value: unknown): unknown {
  const isOneOf = (names: readonly string[]): boolean => names.includes(name);
  if (isOneOf(texts) && (typeof value !== "string" || value === "")) throw invalid(given, "takes a text");
  if (isOneOf(numbers) && (typeof value !== "number" || !(value > 0))) throw invalid(given, "takes a number above 0");
  if (name === "port" && !(Number.isInteger(value) && Number(value) <= 65_535))
    throw invalid(given, "takes a port, 1 to 65535");
  if (isOneOf(objects) && !isObject(value)) throw invalid(given, "takes an object");
  return value;
}

function pathThere(field: string, path: string): string {
  if (/^~?\//.test(path)) return path;
  throw invalid(field, `takes a path on the cluster, absolute or from ~/, not ${JSON.stringify(path)}`);
}

function absolute(field: string, path: string): string {
  if (path.startsWith("/")) return path;
  throw invalid(field, `takes an absolute path on the cluster, not ${JSON.stringify(path)}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(field: string, problem: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field} ${problem}`, { details: { field } });
}
