import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { SluiceError } from "../../errors.ts";
import { authenticate } from "../../gateway/auth/authenticate.ts";
import { hashToken } from "../../gateway/auth/bearer-token.ts";
import { readTokenFile } from "../../gateway/auth/local-token.ts";
import { isLoopback, parseListen } from "../../gateway/listen.ts";
import { openTopology, readTopologyFile } from "../../gateway/topology/open-topology.ts";
import type { TopologyConfig } from "../../gateway/topology/read-topology-config.ts";
import { openTopologyServer, type TopologyServerOptions } from "../../gateway/topology/topology-server.ts";
import { systemClock } from "../../jobs/clock.ts";
import { openStore } from "../../store/registry.ts";
import type { OpenStore } from "../../store/store-kind.ts";
import type { TopologyHost } from "../../topology/topology-host.ts";
import type { Context } from "../command.ts";
import { version } from "../version.ts";
import type { TopologyServeOptions } from "./serve.ts";

/** Topograph's own port, which its clients expect. */
const defaultPort = 49_021;
/** How long requests under way may take to end once the server closes. */
const graceMs = 5_000;

/** Runs a topology server until it is told to stop. A configuration that is not accepted ends it with 1, as Topograph. */
export async function serveTopology(context: Context, options: TopologyServeOptions): Promise<void> {
  const { io, signal } = context;
  if (options.version === true) {
    io.out(`Version: ${version()}\n`);
    return;
  }
  const settings = await readSettings(context, options);
  if (settings === "refused") return;
  const { config, tls } = settings;
  const { host, port } = parseListen(options.listen ?? `127.0.0.1:${config?.port ?? defaultPort}`);
  if (!isLoopback(host) && options.tokenFile === undefined && options.store === "none") {
    throw invalid(
      "--listen",
      `${host} is reached by other machines: --token-file or a store with tokens must say who may`,
    );
  }
  const log = logTo(context, options);
  const { store: kept } = await context.config();
  const url = options.store ?? kept;
  await using store = url === "none" ? undefined : await openStore({ url, clock: systemClock });
  await using topology = await openTopology({
    config,
    store: store?.topology,
    log,
    version: version(),
    withProcess: true,
  });
  const isOpen = isLoopback(host) && options.tokenFile === undefined;
  const door = await openTopologyServer({
    host,
    port,
    ...topology,
    ...(tls !== undefined && { tls }),
    ...(!isOpen && { scopeOf: await scopes(store, options.tokenFile) }),
  });
  await using _open = { [Symbol.asyncDispose]: () => door.close(graceMs) };
  io.out(`Sluice serves topology on ${door.url}\n`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  log("info", "Stopping HTTP server");
}

interface Settings {
  readonly config?: TopologyConfig;
  readonly tls?: NonNullable<TopologyServerOptions["tls"]>;
}

/** The configuration and the files that it names. */
async function readSettings(
  context: Context,
  { config: file, listen }: TopologyServeOptions,
): Promise<Settings | "refused"> {
  if (file === undefined) return {};
  try {
    const config = await readTopologyFile(file);
    const { port } = config;
    if (listen === undefined && (port < 0 || port > 65_535))
      throw unusable(`listen tcp: address ${port}: invalid port`);
    return { config, ...(config.tls !== undefined && { tls: await readTls(config.tls) }) };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    context.io.err(`error: ${error.message} [${error.code}]\n`);
    context.exitCode = 1;
    return "refused";
  }
}

/** Throws `CONFIG_INVALID` for what is no certificate with its key. */
async function readTls({
  certFile,
  keyFile,
}: NonNullable<TopologyConfig["tls"]>): Promise<NonNullable<Settings["tls"]>> {
  try {
    const files = { cert: await readFile(certFile, "utf8"), key: await readFile(keyFile, "utf8") };
    createSecureContext(files);
    return files;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unusable(`${certFile} and ${keyFile} are no certificate and its key: ${why}`, cause);
  }
}

function unusable(message: string, cause?: unknown): SluiceError {
  return new SluiceError("CONFIG_INVALID", message, { cause });
}

/** Who may do what: the bearer of the file's token everything, that of one of the store's what its scope says. */
async function scopes(
  tokens: OpenStore | undefined,
  tokenFile: string | undefined,
): Promise<NonNullable<TopologyServerOptions["scopeOf"]>> {
  const own = tokenFile === undefined ? undefined : hashToken(await readTokenFile(tokenFile));
  return async (authorization) => {
    const secret = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    if (own !== undefined && secret !== undefined && hashToken(secret) === own) return "admin";
    if (tokens === undefined) return undefined;
    return (await authenticate(authorization, { tokens, clock: systemClock }))?.caller.role;
  };
}

function logTo({ io }: Context, { quiet = false, verbose = false }: TopologyServeOptions): TopologyHost["log"] {
  return (level, message) => {
    if (level === "debug" ? verbose : !quiet || level === "error") {
      io.err(`${new Date(systemClock.now()).toISOString()} ${level} ${message}\n`);
    }
  };
}

function invalid(field: string, message: string): SluiceError {
  return new SluiceError("INPUT_INVALID", message, { details: { field } });
}
