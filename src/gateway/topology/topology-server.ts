import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { SluiceError } from "../../errors.ts";
import type { TokenScope } from "../../schema/api-token.ts";
import { tokenScopes } from "../../schema/api-token.ts";
import { toAnswer } from "../../topology/service/attempts.ts";
import { closer, doorLimits, isLoopback, opened, type DoorLimits, type OpenDoor } from "../listen.ts";
import { goDuration } from "./go-duration.ts";
import { cleanedPath } from "./go-paths.ts";
import { errorAnswer, movedAnswer, textAnswer, type DoorAnswer } from "./topology-answers.ts";
import { maxBodyBytes, topologyRoutes, type TopologyDoorDeps } from "./topology-door.ts";
import { readBody, writeAnswer } from "./write-answer.ts";

/** As Prometheus' Go library writes it. */
const metricsType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

export interface TopologyServerOptions extends TopologyDoorDeps {
  readonly host: string;
  readonly port: number;
  /** PEM; plain HTTP where absent. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The scope of a token by its `Authorization` header. Where absent, everybody who reaches the server may do everything. */
  readonly scopeOf?: (authorization: string | undefined) => Promise<TokenScope | undefined>;
  readonly limits?: DoorLimits;
  /** The most bytes of a body; `maxBodyBytes` where absent. */
  readonly bodyBytes?: number;
}

/**
 * Opens a server that behaves as Topograph's: its routes, answers and headers. Throws `PORT_BUSY`, and `INPUT_INVALID` for an
 * address that is none.
 */
export async function openTopologyServer(options: TopologyServerOptions): Promise<OpenDoor> {
  const { host, port, tls, limits = doorLimits } = options;
  const settings = {
    keepAliveTimeout: 75_000,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.lookMs,
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(options, request, response);
  };
  const server: Server =
    tls === undefined ? createServer(settings, listener) : createTlsServer({ ...settings, ...tls }, listener);
  server.maxConnections = limits.connections;
  const close = closer(server);
  await opened(server, () => server.listen({ host, port, exclusive: true }), `${host}:${port}`);
  const bound = server.address();
  const actual = typeof bound === "object" && bound !== null ? bound.port : port;
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `${tls === undefined ? "http" : "https"}://${name}:${actual}`, close };
}

async function answer(
  options: TopologyServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const began = performance.now();
  const { log, measures } = options;
  const method = request.method ?? "GET";
  const target = (request.url ?? "/").replace(/^https?:\/\/[^/?]*/i, "");
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  const query = question < 0 ? "" : target.slice(question + 1);
  const from = request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "";
  let given: DoorAnswer;
  try {
    given = await route(options, { request, method, path, query });
  } catch (error) {
    given = failure(error, log);
  }
  if (given.status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="sluice"');
  writeAnswer(request, response, given);
  const milliseconds = performance.now() - began;
  const proto = `HTTP/${request.httpVersion}`;
  const isLooking = path === "/healthz" || path === "/metrics";
  const level = isLooking ? "debug" : given.status < 300 ? "info" : "error";
  const shownPath = path.slice(0, 256);
  const duration = goDuration(milliseconds * 1e6);
  log(level, `${proto} ${method} ${shownPath} status ${given.status} duration ${duration} from ${from}`);
  measures.countHttp({ method, path: shownPath, proto, from, status: given.status, seconds: milliseconds / 1_000 });
}

/** What was to be expected, such as a store that is away, is told; of a mistake in the program the log has all that is known. */
function failure(error: unknown, log: TopologyServerOptions["log"]): DoorAnswer {
  if (error instanceof SluiceError) {
    const { status, body } = toAnswer(error);
    return errorAnswer(status, body);
  }
  log("error", error instanceof Error ? (error.stack ?? error.message) : String(error));
  return errorAnswer(500, "a mistake in the server itself; its log has it");
}

interface Asked {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly path: string;
  readonly query: string;
}

async function route(options: TopologyServerOptions, asked: Asked): Promise<DoorAnswer> {
  const { request, method, path, query } = asked;
  const foreign = refuseForeign(options, request);
  if (foreign !== undefined) return foreign;
  const cleaned = method === "CONNECT" || path === "*" ? undefined : cleanedPath(path);
  if (cleaned !== undefined) return movedAnswer(method, query === "" ? cleaned : `${cleaned}?${query}`);
  const known = unescapedPath(path);
  if (known === "/healthz") return textAnswer(200, "OK\n");
  const isMetrics = known === "/metrics";
  const found = topologyRoutes.find((candidate) => candidate.path.test(known));
  if (found === undefined && !isMetrics) return errorAnswer(404, "404 page not found");
  const refused = await refuseCaller(options, request, found?.changes === true ? "operator" : "viewer");
  if (refused !== undefined) return refused;
  if (found === undefined) {
    const text = textAnswer(200, await options.measures.write());
    return { ...text, contentType: metricsType };
  }
  const body = (): Promise<Uint8Array> => readBody(request, options.bodyBytes ?? maxBodyBytes);
  return found.handle(options, { method, query, body }, found.path.exec(known)?.[1] ?? "");
}

/** The path without its escapes; one that hides a slash is no other path. */
function unescapedPath(path: string): string {
  try {
    return /%2f/i.test(path) ? path : decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * Refuses what a browser sends on behalf of a foreign page to a server that trusts this machine: a Host that is not ours (DNS
 * rebinding), and an Origin that is not the Host's.
 */
function refuseForeign({ host }: TopologyServerOptions, request: IncomingMessage): DoorAnswer | undefined {
  const called = request.headers.host ?? "";
  if (isLoopback(host)) {
    const name = called.replace(/:\d+$/, "").toLowerCase();
    const own = ["localhost", "127.0.0.1", "[::1]", host, ""];
    if (!own.includes(name))
      return errorAnswer(421, `this server is not called ${JSON.stringify(called.slice(0, 128))}`);
  }
  const { origin } = request.headers;
  if (origin === undefined || origin.replace(/^https?:\/\//, "") === called) return undefined;
  return errorAnswer(403, "requests of foreign pages are refused");
}

async function refuseCaller(
  { scopeOf }: TopologyServerOptions,
  request: IncomingMessage,
  needed: TokenScope,
): Promise<DoorAnswer | undefined> {
  if (scopeOf === undefined) return undefined;
  const scope = await scopeOf(request.headers.authorization);
  if (scope === undefined) {
    const given = request.headers.authorization !== undefined;
    const why = given
      ? "the token is unknown, revoked or expired"
      : "a token is needed: send the header `Authorization: Bearer TOKEN`";
    return errorAnswer(401, why);
  }
  if (tokenScopes.indexOf(scope) >= tokenScopes.indexOf(needed)) return undefined;
  return errorAnswer(403, `this needs a token of scope ${needed}, and this one has ${scope}`);
}
