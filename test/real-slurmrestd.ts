import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A real slurmrestd on a unix socket, in front of a test's own cluster. */
export interface RealSlurmrestd extends AsyncDisposable {
  readonly socket: string;
  /** Kills it as a crash would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Suspends or continues it: it takes connections and answers nothing. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
}

/**
 * Starts one. Debian's Slurm has no `auth_jwt.so`, so that over a socket the peer's user is what counts; and without
 * slurmdbd the plugins for that must stay out, or slurmrestd 22.05 does not start.
 */
export async function startSlurmrestd(slurmConf: string): Promise<RealSlurmrestd> {
  const folder = await mkdtemp(join(tmpdir(), "restd-"));
  const socket = join(folder, "rest.sock");
  let daemon: ChildProcess | undefined;
  let said = "";
  const restd: RealSlurmrestd = {
    socket,
    async start() {
      await rm(socket, { force: true });
      const args = ["-s", "openapi/v0.0.38", "-a", "rest_auth/local", `unix:${socket}`];
      // It refuses to run as root or as SlurmUser unless told that this is meant (slurmrestd(8)).
      const env = { ...process.env, SLURM_CONF: slurmConf, SLURMRESTD_SECURITY: "disable_user_check" };
      daemon = spawn("slurmrestd", args, { env, stdio: ["ignore", "ignore", "pipe"] });
      daemon.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-4096)));
      const deadline = Date.now() + 20_000;
      while (!(await opens(socket))) {
        if (Date.now() > deadline || daemon.exitCode !== null) throw new Error(`slurmrestd did not start: ${said}`);
        await delay(10);
      }
    },
    async kill() {
      if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
      const ended = once(daemon, "exit");
      daemon.kill("SIGKILL");
      await ended;
    },
    signal: (signal) => void daemon?.kill(signal),
    async [Symbol.asyncDispose]() {
      await restd.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await restd.start();
  return restd;
}

function opens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}

/** Handed on; lost before slurmrestd hears of it; handed on, and the answer lost. */
export type Fate = "pass" | "lose" | "lose-answer";

/** A door on a loopback port that lets through to slurmrestd whoever shows the token, as a site's proxy does. */
export interface TokenDoor extends AsyncDisposable {
  readonly url: string;
  /** The one that is good now. */
  token: string;
  /** Tokens that were shown, in order. */
  readonly shown: (string | undefined)[];
  /** Connections that are open now, and how many there were at most. */
  readonly connections: { open: number; most: number };
  /** What becomes of a request that is let through; `pass` where absent. */
  rule: ((request: { readonly method: string; readonly path: string }) => Fate | Promise<Fate>) | undefined;
  /** Closes all connections, whether or not somebody waits for an answer. */
  cut(): void;
}

/** Opens one. Refusals are those that slurmrestd gives with rest_auth/jwt: 401 and one line of text. */
export async function openTokenDoor(socket: string, token: string): Promise<TokenDoor> {
  const connections = { open: 0, most: 0 };
  const shown: (string | undefined)[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    const given = incoming.headers["x-slurm-user-token"];
    shown.push(typeof given === "string" ? given : undefined);
    if (given !== door.token) {
      incoming.resume();
      outgoing.writeHead(401, { "content-type": "text/plain" }).end("Authentication failure");
      return;
    }
    void (async () => {
      const fate = (await door.rule?.({ method: incoming.method ?? "", path: incoming.url ?? "" })) ?? "pass";
      if (fate === "lose") outgoing.destroy();
      else handOn(socket, incoming, outgoing, fate);
    })();
  });
  server.on("connection", (connection) => {
    connections.open += 1;
    connections.most = Math.max(connections.most, connections.open);
    connection.once("close", () => (connections.open -= 1));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the door has no port");
  const door: TokenDoor = {
    url: `http://127.0.0.1:${address.port}`,
    token,
    rule: undefined,
    shown,
    connections,
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return door;
}

function handOn(socketPath: string, incoming: IncomingMessage, outgoing: ServerResponse, fate: Fate): void {
  const { "x-slurm-user-token": _token, ...headers } = incoming.headers;
  const { url: path, method } = incoming;
  // A connection of its own, so that only those of the client are kept; slurmrestd 22.05 must not be told to close it, though.
  const kept = { ...headers, connection: "keep-alive" };
  const inner = request({ socketPath, path, method, headers: kept, agent: false }, (answer) => {
    if (fate === "lose-answer") {
      answer.resume();
      answer.once("end", () => outgoing.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  inner.once("error", () => outgoing.destroy());
  incoming.pipe(inner);
}
