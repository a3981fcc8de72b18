import { chmod, rm, stat } from "node:fs/promises";
import { createServer as createSocketServer, type Socket } from "node:net";
import { dirname, resolve as resolvePath } from "node:path";
import type { Hono } from "hono";
import { SluiceError } from "../errors.ts";
import type { Caller } from "../jobs/job-service.ts";
import { peerUid } from "./auth/peer-uid.ts";
import type { Door, GatewayEnv } from "./call.ts";
import { answers, closer, longestSocketPath, opened, serverOf, type DoorLimits, type OpenDoor } from "./listen.ts";

/** A unix socket that every user of this machine may open: the kernel says who it is. */
export interface SharedSocket {
  readonly sharedSocket: string;
  /** For whom a uid speaks; `undefined` for one that is nobody's. */
  readonly callerOf: (uid: number) => Promise<Caller | undefined>;
}

/** So many peers are asked after at once, each by a process; more wait. */
const askedAtOnce = 8;

/** Opens it. Throws `PORT_BUSY`, `INPUT_INVALID` for a folder in which others could put a socket of their own into its place. */
export async function listenShared(
  app: Hono<GatewayEnv>,
  { sharedSocket: path, callerOf }: SharedSocket,
  limits: DoorLimits,
): Promise<OpenDoor> {
  const fail = (problem: string): SluiceError =>
    new SluiceError("INPUT_INVALID", `--shared-socket ${path}: ${problem}`, { details: { field: "--shared-socket" } });
  if (Buffer.byteLength(path) > longestSocketPath) throw fail(`longer than ${longestSocketPath} bytes`);
  const folder = await stat(dirname(resolvePath(path))).catch((cause: unknown) => {
    throw new SluiceError("INPUT_INVALID", `--shared-socket ${path}: its folder is not there; make it`, { cause });
  });
  if ((folder.mode & 0o022) !== 0 || (folder.uid !== 0 && folder.uid !== process.geteuid?.())) {
    throw fail("others may write to its folder, and put a socket of theirs into its place; choose another folder");
  }
  if (await answers(path)) throw new SluiceError("PORT_BUSY", `--shared-socket ${path}: another gateway listens there`);
  await rm(path, { force: true });

  const callers = new WeakMap<Socket, Caller>();
  const doorOf = (socket: Socket): Door => {
    const caller = callers.get(socket);
    return { trusted: false, ...(caller !== undefined && { caller }) };
  };
  const server = serverOf(app, doorOf, limits);
  // It does not listen itself, and looks after its connections' time limits only once it believes so.
  server.emit("listening");
  const open = new Set<Socket>();
  const waiting: Socket[] = [];
  let asked = 0;
  let isClosing = false;
  const admit = async (socket: Socket): Promise<void> => {
    try {
      const uid = await peerUid(socket);
      const caller = uid === undefined ? undefined : await callerOf(uid);
      if (caller === undefined || isClosing) return void socket.destroy();
      callers.set(socket, caller);
      server.emit("connection", socket);
      socket.resume();
    } catch {
      socket.destroy();
    }
  };
  const next = async (): Promise<void> => {
    if (asked >= askedAtOnce) return;
    asked += 1;
    for (let socket = waiting.shift(); socket !== undefined; socket = waiting.shift()) {
      if (!socket.destroyed) await admit(socket);
    }
    asked -= 1;
  };
  const door = createSocketServer({ pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket)).on("error", () => socket.destroy());
    waiting.push(socket);
    void next();
  });
  door.maxConnections = limits.connections;
  const closeHttp = closer(server, door);
  await opened(door, () => door.listen(path), path);
  await chmod(path, 0o666);
  return {
    url: `unix:${path}`,
    async close(graceMs) {
      isClosing = true;
      for (const socket of open) if (!callers.has(socket)) socket.destroy();
      const cut = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, graceMs);
      await closeHttp(graceMs);
      clearTimeout(cut);
      server.close();
    },
  };
}
