import { access, readFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import type { KubeConfig, User } from "@kubernetes/client-node";
import type { Authenticator } from "@kubernetes/client-node/dist/auth.js";
import { fieldAt, textAt } from "../kubernetes-nodes.ts";
import { TopologyError } from "../topology-error.ts";

export interface KubeconfigSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where a pod finds its service account; the place that Kubernetes has for it where left out. */
  readonly serviceAccount?: string;
  /** Lines for the operator. */
  readonly log?: (message: string) => void;
}

/** A cluster, and who we are there. */
export interface LoadedKubeconfig {
  readonly config: KubeConfig;
  /** The token in a file, where there is one: it is read again when the server refuses it. */
  readonly tokenFile?: TokenFile;
}

const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Finds the cluster: the one that this process is a pod of, else that of `KUBECONFIG`, else that of `~/.kube/config`.
 * Throws `TopologyError` (502) where there is none of them, or where what is there cannot be read.
 */
export async function loadKubeconfig(
  KubeConfigClass: new () => KubeConfig,
  { environment, serviceAccount = serviceAccountFolder, log }: KubeconfigSources,
): Promise<LoadedKubeconfig> {
  const host = environment["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = environment["KUBERNETES_SERVICE_PORT"] ?? "";
  try {
    if (host !== "" && port !== "") return await inCluster(new KubeConfigClass(), { host, port, serviceAccount });
    const files = await kubeconfigFiles(environment);
    if (files.length > 0) return await fromFiles(KubeConfigClass, files);
  } catch (error) {
    throw new TopologyError(502, error instanceof Error ? error.message : String(error), { cause: error });
  }
  // The answer itself is Topograph's, which knows no other way in.
  log?.("there is no kubeconfig either: no file that KUBECONFIG names, nor ~/.kube/config");
  const variables = "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined";
  throw new TopologyError(502, `unable to load in-cluster configuration, ${variables}`);
}

async function inCluster(
  config: KubeConfig,
  { host, port, serviceAccount }: { readonly host: string; readonly port: string; readonly serviceAccount: string },
): Promise<LoadedKubeconfig> {
  const tokenFile = new TokenFile(join(serviceAccount, "token"));
  await tokenFile.read();
  config.addAuthenticator(tokenFile);
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  config.loadFromClusterAndUser(
    { name: "inCluster", server, caFile: join(serviceAccount, "ca.crt"), skipTLSVerify: false },
    { name: "inClusterUser", ...tokenFile.asUser },
  );
  return { config, tokenFile };
}

/** Those that are there, as kubectl has it. */
async function kubeconfigFiles(environment: KubeconfigSources["environment"]): Promise<readonly string[]> {
  const listed = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  const home = environment["HOME"] ?? "";
  const candidates = listed.length > 0 || home === "" ? listed : [join(home, ".kube", "config")];
  const found = await Promise.all(
    candidates.map((path) =>
      access(path).then(
        () => [path],
        () => [],
      ),
    ),
  );
  return found.flat();
}

async function fromFiles(KubeConfigClass: new () => KubeConfig, files: readonly string[]): Promise<LoadedKubeconfig> {
  const merged = new KubeConfigClass();
  for (const file of files) {
    const config = new KubeConfigClass();
    config.loadFromFile(file);
    config.makePathsAbsolute(dirname(file));
    // The first file's current context counts.
    merged.mergeConfig(config, (merged.currentContext ?? "") !== "");
  }
  if (merged.getCurrentCluster() === null) throw new Error(`${files.join(", ")}: no current context names a cluster`);
  // There is no certificate to be checked on a plain connection, which the client would refuse otherwise.
  const clusters = merged
    .getClusters()
    .map((cluster) => (cluster.server.startsWith("http:") ? { ...cluster, skipTLSVerify: true } : cluster));
  const name = merged.getCurrentUser()?.name ?? "";
  const tokenFile = await userTokenFile(files, name);
  const users = merged
    .getUsers()
    .map((user) => (tokenFile !== undefined && user.name === name ? { ...user, ...tokenFile.asUser } : user));
  if (tokenFile !== undefined) merged.addAuthenticator(tokenFile);
  const { contexts, currentContext } = merged;
  merged.loadFromOptions({ clusters, users, contexts, currentContext });
  return { config: merged, ...(tokenFile !== undefined && { tokenFile }) };
}

/** The token's file that a user names, which the client passes over. */
async function userTokenFile(files: readonly string[], name: string): Promise<TokenFile | undefined> {
  const { load } = await import("js-yaml");
  for (const file of files) {
    const users = fieldAt(load(await readFile(file, "utf8")), ["users"]);
    const own: unknown = (Array.isArray(users) ? users : []).find((user) => textAt(user, ["name"]) === name);
    const path = textAt(own, ["user", "tokenFile"]);
    if (path === "") continue;
    const tokenFile = new TokenFile(resolve(dirname(file), path));
    await tokenFile.read();
    return tokenFile;
  }
  return undefined;
}

/** A token in a file, as pods have it: a new one is written there before the old one ends. */
export class TokenFile implements Authenticator {
  readonly provider = "token-file";
  /** What makes a user of a kubeconfig one with this token. */
  readonly asUser = { authProvider: { name: this.provider, config: {} } };
  readonly #path: string;
  #token = "";
  #readAt = -Infinity;

  constructor(path: string) {
    this.#path = path;
  }

  isAuthProvider(user: User): boolean {
    return user.authProvider?.name === this.provider;
  }

  async applyAuthentication(_user: User, options: { headers?: unknown }): Promise<void> {
    if (performance.now() - this.#readAt > tokenAgeMs) await this.read();
    const headers: Record<string, unknown> = { ...toRecord(options.headers), Authorization: `Bearer ${this.#token}` };
    options.headers = headers;
  }

  /** Reads the file anew, and says whether its token is another one than before. */
  async read(): Promise<boolean> {
    const token = (await readFile(this.#path, "utf8")).trim();
    const isNew = token !== this.#token;
    this.#token = token;
    this.#readAt = performance.now();
    return isNew;
  }
}

/** For as long a token is used without a look at its file. */
const tokenAgeMs = 60_000;

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
