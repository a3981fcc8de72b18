import { connect } from "node:net";
import type { OpenDoor } from "../src/gateway/listen.ts";
import { openTopology } from "../src/gateway/topology/open-topology.ts";
import { openTopologyServer, type TopologyServerOptions } from "../src/gateway/topology/topology-server.ts";
import { noDefaults } from "../src/topology/request/request-defaults.ts";

/** A topology service whose requests wait so long for others of their id, behind as many doors as are opened. */
export async function servedTopology(delayMs: number) {
  const logged: string[] = [];
  const topology = await openTopology({
    config: {
      port: 49_021,
      defaults: noDefaults,
      delayMs,
      pageSize: undefined,
      tls: undefined,
      credentials: undefined,
      env: new Map(),
      warnings: [],
    },
    store: undefined,
    log: (level, message) => void logged.push(`${level} ${message}`),
    version: "1.2.3",
    withProcess: true,
  });
  const doors: OpenDoor[] = [];
  return {
    /** What was logged: the level and the words. */
    logged,
    /** Opens a door on a free port of loopback. */
    async open(more: Partial<TopologyServerOptions> = {}): Promise<OpenDoor> {
      const door = await openTopologyServer({ ...topology, host: "127.0.0.1", port: 0, ...more });
      doors.push(door);
      return door;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all(doors.map((door) => door.close(0)));
      await topology[Symbol.asyncDispose]();
    },
  };
}

/** Sends bytes as they are, and gives what comes back until the server closes; `<date>` stands for a date that is one. */
export function sendRaw({ url }: OpenDoor, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      const answer = Buffer.concat(chunks).toString("utf8");
      resolve(answer.replace(/^Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n/m, "<date>"));
    });
    for (const part of parts) socket.write(part);
  });
}

/** One request on a connection of its own. */
export function askRaw(door: OpenDoor, method: string, target: string, body = ""): Promise<string> {
  const length = body === "" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return sendRaw(door, `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${length}\r\n${body}`);
}

export function post(
  { url }: OpenDoor,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}${path}`, { method: "POST", body, headers });
}

/** The least request; its id is `c084c78a61a266a9`. */
export const leastRequest = '{"provider":{"name":"test"},"engine":{"name":"slurm"}}';
