import { chmod, mkdir, rm, stat } from "node:fs/promises";
import { createServer, ServerResponse, type Server } from "node:http";
import { connect, type Server as SocketServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { SluiceError } from "../errors.ts";
import type { Door, GatewayEnv } from "./call.ts";

/** Where a gateway listens. */
export type Address =
  | { readonly host: string; readonly port: number; readonly noAuth: boolean }
  /** A unix socket. Its folder and its mode say who may come, so no token is asked for. */
  | { readonly socket: string };

/** A door that is open. */
export interface OpenDoor {
  /** `http://127.0.0.1:7373`, or `unix:/path`. */
  readonly url: string;
  /** Takes no more requests, and resolves when those under way have ended, or after the grace was cut off. */
  close(graceMs: number): Promise<void>;
}

/** Linux' bound of a socket's path, less its last zero (unix(7)). */
export const longestSocketPath = 107;

/** What one peer may take of a door; a slow or greedy one must not keep the others out. */
export interface DoorLimits {
  /** How long the headers of a request may take. */
  readonly headersMs: number;
  /** How long a whole request may take, its body included; an answer may take as long as it likes. */
  readonly requestMs: number;
  /** How often requests that take too long are looked for. */
  readonly lookMs: number;
  /** How many connections may be open at once, streams included; more are closed at once. */
  readonly connections: number;
}

/** 10 s and 2 min are ample for a person with a modem, and 10,000 connections take some 200 MB. */
export const doorLimits: DoorLimits = { headersMs: 10_000, requestMs: 120_000, lookMs: 5_000, connections: 10_000 };

/**
 * Opens a door. Throws `PORT_BUSY`, and `INPUT_INVALID` for an address that is none, for a door without tokens to other
 * machines, and for a socket in a folder that others can enter.
 */
export async function listen(app: Hono<GatewayEnv>, address: Address, limits = doorLimits): Promise<OpenDoor> {
  return "socket" in address ? listenSocket(app, address.socket, limits) : listenPort(app, address, limits);
}

async function listenPort(
  app: Hono<GatewayEnv>,
  { host, port, noAuth }: { readonly host: string; readonly port: number; readonly noAuth: boolean },
  limits: DoorLimits,
): Promise<OpenDoor> {
  const loopback = isLoopback(host);
  if (noAuth && !loopback) {
    throw new SluiceError("INPUT_INVALID", `--no-auth goes with a loopback address alone, not with ${host}`, {
      details: { field: "--no-auth" },
    });
  }
  const door: Door = {
    trusted: noAuth,
    ...(loopback && { hosts: new Set(["localhost", "127.0.0.1", "[::1]", inUrl(host)]) }),
  };
  const server = serverOf(app, () => door, limits);
  const close = closer(server);
  await opened(server, () => server.listen({ host, port, exclusive: true }), `${host}:${port}`);
  const bound = server.address();
  const actual = typeof bound === "object" && bound !== null ? bound.port : port;
  return { url: `http://${inUrl(host)}:${actual}`, close };
}

async function listenSocket(app: Hono<GatewayEnv>, path: string, limits: DoorLimits): Promise<OpenDoor> {
  const fail = (problem: string): SluiceError =>
    new SluiceError("INPUT_INVALID", `--socket ${path}: ${problem}`, { details: { field: "--socket" } });
  if (Buffer.byteLength(path) > longestSocketPath) throw fail(`longer than ${longestSocketPath} bytes`);
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (((await stat(folder)).mode & 0o077) !== 0) {
    throw fail(`others can enter its folder, which guards it; choose a folder of mode 0700`);
  }
  if (await answers(path)) throw new SluiceError("PORT_BUSY", `--socket ${path}: another gateway listens there`);
  await rm(path, { force: true });
  const server = serverOf(app, () => ({ trusted: true }), limits);
  const close = closer(server);
  await opened(server, () => server.listen(path), path);
  await chmod(path, 0o600);
  return { url: `unix:${path}`, close };
}

/** Takes requests; `doorOf` says through which door a connection came. */
export function serverOf(app: Hono<GatewayEnv>, doorOf: (socket: Socket) => Door, limits: DoorLimits): Server {
  const answer: Parameters<typeof getRequestListener>[0] = async (request, { incoming, outgoing }) => {
    const response = await app.fetch(request, doorOf(incoming.socket));
    if (isEventStream(response) && outgoing instanceof ServerResponse) sendUnframed(outgoing);
    return response;
  };
  const listener = getRequestListener(answer, { overrideGlobalObjects: false });
  const options = {
    // Longer than a proxy before it keeps a connection that nobody uses, so that it is the proxy who closes it.
    keepAliveTimeout: 75_000,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.lookMs,
  };
  const server = createServer(options, (request, response) => void listener(request, response));
  server.maxConnections = limits.connections;
  return server;
}

function isEventStream(response: Response): boolean {
  return response.headers.get("content-type") === "text/event-stream";
}

/**
 * Lets a body end with its connection (RFC 9112, section 6.3), rather than frame each piece of it: to thousands who follow
 * the events one write is sent for each, not one of four parts.
 */
function sendUnframed(outgoing: ServerResponse): void {
  outgoing.removeHeader("transfer-encoding");
  outgoing.shouldKeepAlive = false;
}

/** Resolves when it listens. Throws `PORT_BUSY`, `INPUT_INVALID`. */
export function opened(server: SocketServer, open: () => void, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", () => {
      server.removeAllListeners("error");
      resolve();
    });
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const busy = cause.code === "EADDRINUSE";
      const why = busy
        ? "is in use; choose another with --listen, :0 for a free one"
        : `cannot be opened: ${cause.message}`;
      reject(new SluiceError(busy ? "PORT_BUSY" : "INPUT_INVALID", `${where} ${why}`, { cause }));
    });
    open();
  });
}

/** Whether somebody listens on a socket; one that is left over from a process that died does not answer. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

/** Ends connections as soon as no request is under way: some are open that never had one, which Node counts as busy. */
export function closer(server: Server, listener: SocketServer = server): OpenDoor["close"] {
  let underWay = 0;
  let isClosing = false;
  const cutIdle = (): void => {
    if (isClosing && underWay === 0) server.closeAllConnections();
  };
  server.on("request", (_request, response) => {
    underWay += 1;
    response.once("close", () => {
      underWay -= 1;
      cutIdle();
    });
  });
  return (graceMs) =>
    new Promise((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      listener.close(() => {
        clearTimeout(cut);
        resolve();
      });
      isClosing = true;
      cutIdle();
    });
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** `127.0.0.1:7373`, `[::1]:0`, `:7373` (loopback), `7373`. Throws `INPUT_INVALID`. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, ipv6, name, port] = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([\w.-]*)):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new SluiceError("INPUT_INVALID", `--listen takes HOST:PORT, not ${JSON.stringify(text)}`, {
      details: { field: "--listen" },
    });
  }
  return { host: ipv6 ?? (name === undefined || name === "" ? "127.0.0.1" : name), port: Number(port) };
}
