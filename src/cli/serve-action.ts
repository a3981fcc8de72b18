import { userInfo } from "node:os";
import { SluiceError } from "../errors.ts";
import { hashToken } from "../gateway/auth/bearer-token.ts";
import { ensureLocalToken, readTokenFile } from "../gateway/auth/local-token.ts";
import { isSafe } from "../gateway/auth/discovery.ts";
import { createJwtVerifier, type JwtVerifier } from "../gateway/auth/jwt.ts";
import { curlToken } from "../gateway/contract/reference.ts";
import { isLoopback, parseListen, type Address } from "../gateway/listen.ts";
import type { SharedSocket } from "../gateway/shared-socket.ts";
import { startGateway } from "../gateway/start-gateway.ts";
import type { TopologyDoorDeps } from "../gateway/topology/topology-door.ts";
import { areOwnersMapped } from "../assemble-engine.ts";
import { systemClock } from "../jobs/clock.ts";
import type { Caller } from "../jobs/job-service.ts";
import { keepUp } from "../jobs/upkeep.ts";
import { UnixAccounts } from "../remote/unix-accounts.ts";
import type { OpenStore } from "../store/store-kind.ts";
import { quote } from "../schema/quote.ts";
import type { Context } from "./command.ts";
import { openEngine } from "./jobs/open-engine.ts";
import { version } from "./version.ts";
import type { ServeOptions } from "./serve.ts";

/** Runs a gateway until it is told to stop. */
export async function serve(context: Context, options: ServeOptions): Promise<void> {
  const { io, signal } = context;
  const { host, port } = parseListen(options.listen);
  const perSecond = toRate(options.rateLimit);
  const keepDays = toDays(options.keep);
  const jwt = toVerifier(options);
  const config = await context.config();
  const { username: subject, uid } = userInfo();
  const runsAs = areOwnersMapped(context.cwd) ? undefined : subject;
  const localCaller: Caller = { subject, role: "admin", isLocal: true };
  const addresses: (Address | SharedSocket)[] = [
    { host, port, noAuth: !options.auth },
    ...(options.socket === undefined ? [] : [{ socket: options.socket }]),
  ];
  if (options.sharedSocket !== undefined) {
    if (runsAs !== undefined) {
      const problem = `all jobs run as ${runsAs} here, and every user of this machine could bring one`;
      throw invalid("--shared-socket", `--shared-socket needs owners in sluice.yaml: ${problem}`);
    }
    const accounts = new UnixAccounts({ clock: systemClock, env: config.environment });
    addresses.push({
      sharedSocket: options.sharedSocket,
      async callerOf(peer) {
        if (peer === uid) return localCaller;
        const name = await accounts.nameOf(peer);
        return name === undefined ? undefined : { subject: name, role: "user" };
      },
    });
  }

  const log = (record: Readonly<Record<string, unknown>>): void => {
    if (options.quiet !== true || record["event"] !== "request")
      io.err(`${JSON.stringify(record)}
`);
  };
  const report = (error: unknown): void =>
    log({ event: "mistake", stack: error instanceof Error ? error.stack : String(error) });
  await using engine = await openEngine(config, {
    store: options.store,
    cwd: context.cwd,
    report,
  });
  const tokenFile = options.auth
    ? await ensureLocalToken({ home: config.home, subject, tokens: engine.store, now: systemClock.now() })
    : undefined;
  const localTokenHash = tokenFile === undefined ? undefined : hashToken(await readTokenFile(tokenFile));
  await using topology = await openTopologyOf(options, engine.store, log);
  await using gateway = await startGateway(
    {
      service: engine,
      tokens: engine.store,
      clock: systemClock,
      localCaller,
      ...(localTokenHash !== undefined && { localTokenHash }),
      rateLimit: { perSecond, burst: perSecond * 2 },
      version: version(),
      log,
      ...(jwt !== undefined && { jwt }),
      ...(topology !== undefined && { topology }),
    },
    addresses,
  );
  engine.start();
  const upkeep =
    keepDays === 0 ? undefined : keepUp({ store: engine.store, clock: systemClock, keepDays, report }, signal);
  const { urls } = gateway;
  if (options.json === true) io.out(`${JSON.stringify({ urls, ...(tokenFile !== undefined && { tokenFile }) })}\n`);
  else io.out(welcome({ urls, tokenFile, exposed: !isLoopback(host), runsAs }));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await upkeep;
}

/** What topology is served with; loaded only where it is. */
async function openTopologyOf(
  { topology }: ServeOptions,
  store: OpenStore,
  log: (record: Readonly<Record<string, unknown>>) => void,
): Promise<(TopologyDoorDeps & AsyncDisposable) | undefined> {
  if (topology === undefined) return undefined;
  const { openTopology, readTopologyFile } = await import("../gateway/topology/open-topology.ts");
  return openTopology({
    config: topology === true ? undefined : await readTopologyFile(topology),
    store: store.topology,
    log: (level, message) => level !== "debug" && log({ event: "topology", level, message }),
    version: version(),
    withProcess: false,
  });
}

/** What stands on the terminal of who has started a gateway. */
export function welcome({
  urls,
  tokenFile,
  exposed,
  runsAs,
}: {
  readonly urls: readonly string[];
  readonly tokenFile: string | undefined;
  readonly exposed: boolean;
  /** As whom all jobs run, whoever asks; absent where that depends on the owner. */
  readonly runsAs: string | undefined;
}): string {
  const [url = ""] = urls;
  const token = tokenFile === undefined ? "" : `${curlToken(quote(tokenFile))} | `;
  return [
    `Sluice listens on ${urls.join(" and ")}`,
    `  ${token}curl -sS${tokenFile === undefined ? "" : " -K -"} ${url}/v1/clusters`,
    `  Reference: ${url}/docs   Commands: SLUICE_URL=${url} sluice jobs`,
    runsAs === undefined
      ? "  Jobs run as the Unix users whom their owners are mapped to in sluice.yaml."
      : `  All jobs run as ${runsAs}, whoever asks; owners in sluice.yaml can say otherwise.`,
    ...(tokenFile === undefined ? ["  No token is asked for: every user of this machine can submit jobs as you."] : []),
    ...(exposed
      ? ["  Other machines reach this address, and it speaks plain HTTP: put a proxy with TLS before it."]
      : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function toRate(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw invalid("--rate-limit", `--rate-limit takes a whole number from 1, not ${JSON.stringify(text)}`);
}

function toDays(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw invalid("--keep", `--keep takes a number of days, 0 for ever, not ${JSON.stringify(text)}`);
}

function toVerifier({
  oidcIssuer,
  oidcAudience,
  oidcKeys,
  oidcSubject,
  oidcScope,
}: ServeOptions): JwtVerifier | undefined {
  if (oidcIssuer === undefined) return undefined;
  if (oidcAudience === undefined) {
    throw invalid(
      "--oidc-audience",
      "--oidc-issuer needs --oidc-audience: tokens that were made for others are not ours",
    );
  }
  for (const [option, url] of [
    ["--oidc-issuer", oidcIssuer],
    ["--oidc-keys", oidcKeys ?? oidcIssuer],
  ] as const) {
    if (!isSafe(toUrl(option, url))) throw invalid(option, `${option} takes an https address, not ${url}`);
  }
  return createJwtVerifier({
    issuer: oidcIssuer,
    audience: oidcAudience,
    ...(oidcKeys !== undefined && { jwksUrl: oidcKeys }),
    ...(oidcSubject !== undefined && { subjectClaim: oidcSubject }),
    ...(oidcScope !== undefined && { scopeClaim: oidcScope }),
  });
}

function toUrl(option: string, text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw invalid(option, `${option} takes an address, not ${JSON.stringify(text)}`);
}

function invalid(field: string, message: string): SluiceError {
  return new SluiceError("INPUT_INVALID", message, { details: { field } });
}
