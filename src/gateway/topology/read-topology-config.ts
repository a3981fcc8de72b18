import { stat } from "node:fs/promises";
import type { ParamMap } from "../../topology/params/param-value.ts";
import type { RequestDefaults } from "../../topology/request/request-defaults.ts";
import { goFileError, invalidSettings, readSettings, type SettingsWords } from "./read-settings.ts";

/** What a topology server is told by a configuration file of Topograph. */
export interface TopologyConfig {
  readonly port: number;
  readonly defaults: RequestDefaults;
  /** How long a request waits for another of its id, in milliseconds. */
  readonly delayMs: number;
  readonly pageSize: number | undefined;
  /** PEM files; plain HTTP where absent. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** For requests that bring none. */
  readonly credentials: ParamMap | undefined;
  /** Variables to be set; `PATH` is put behind the one that is there. */
  readonly env: ReadonlyMap<string, string>;
  /** What is passed over, in words. */
  readonly warnings: readonly string[];
}

export interface KnownKinds {
  readonly providers: readonly string[];
  readonly engines: readonly string[];
}

/**
 * Reads a configuration file as Topograph does: unknown keys are passed over, types are strict, and of what is wrong the first
 * is told in Topograph's order and words. Throws `CONFIG_INVALID`.
 */
export async function readTopologyConfig(file: string, known: KnownKinds): Promise<TopologyConfig> {
  const settings = await readSettings(file, wordsOf(file), (yaml) => {
    const all = yaml.members(yaml.root, "config.Config");
    const http = yaml.members(all.get("http"), "config.Endpoint");
    const ssl = all.get("ssl");
    const files = yaml.members(ssl, "config.SSL");
    return {
      port: yaml.int(http.get("port")) ?? 0,
      isTls: yaml.bool(http.get("ssl")) ?? false,
      delayMs: yaml.duration(all.get("requestAggregationDelay")) ?? 0,
      defaults: {
        provider: yaml.string(all.get("provider")) ?? "",
        providerParams: yaml.params(all.get("providerParams")),
        engine: yaml.string(all.get("engine")) ?? "",
        engineParams: yaml.params(all.get("engineParams")),
      },
      pageSize: yaml.int(all.get("pageSize")),
      ssl:
        ssl === undefined
          ? undefined
          : {
              certFile: yaml.string(files.get("cert")) ?? "",
              keyFile: yaml.string(files.get("key")) ?? "",
              caFile: yaml.string(files.get("ca_cert")) ?? "",
            },
      credentialsPath: yaml.string(all.get("credentialsPath")),
      env: yaml.strings(all.get("env")),
    };
  });
  const { pageSize, defaults, port, isTls, ssl, delayMs, credentialsPath, env } = settings;
  const isPageSize = pageSize === undefined || pageSize > 0;
  if (port === 0) throw invalidSettings("port is not set");
  checkKind("provider", defaults.provider, known.providers);
  checkKind("engine", defaults.engine, known.engines);
  if (delayMs === 0) throw invalidSettings("requestAggregationDelay is not set");
  if (isTls) {
    if (ssl === undefined) throw invalidSettings("missing ssl section");
    await checkFile(ssl.certFile, "server certificate");
    await checkFile(ssl.keyFile, "server key");
    await checkFile(ssl.caFile, "CA certificate");
  }
  let credentials: ParamMap | undefined;
  if (credentialsPath !== undefined) {
    await checkFile(credentialsPath, "API credentials");
    credentials = await readSettings(credentialsPath, { unread: "", unparsed: "" }, (yaml) => yaml.params(yaml.root));
  }
  return {
    port,
    defaults,
    delayMs,
    pageSize: isPageSize ? pageSize : undefined,
    tls: isTls ? ssl : undefined,
    credentials,
    env,
    warnings: isPageSize ? [] : [`pageSize ${pageSize} is invalid; using the provider default`],
  };
}

function wordsOf(file: string): SettingsWords {
  return { unread: `failed to read ${file}: `, unparsed: `failed to parse ${file}: ` };
}

function checkKind(what: string, name: string, known: readonly string[]): void {
  if (name !== "" && !known.includes(name)) throw invalidSettings(`unsupported ${what} ${name}`);
}

async function checkFile(file: string, what: string): Promise<void> {
  if (file === "") throw invalidSettings(`missing filename for ${what}`);
  try {
    await stat(file);
  } catch (error) {
    throw invalidSettings(`failed to validate ${file}: ${goFileError("stat", file, error)}`, error);
  }
}
