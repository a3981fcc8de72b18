import { createHash } from "node:crypto";
import { connect, createServer, type Server } from "node:net";
import { userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { SluiceError } from "../errors.ts";

export interface LockOptions {
  /** The folder whose clusters are guarded: two registries do not hinder one another. */
  readonly stateDirectory: string;
  /** What is locked: a cluster's name, or a word in parentheses for what belongs to all clusters. */
  readonly what: string;
  /** For the one who finds it taken: "cluster create". */
  readonly purpose: string;
  /** How long to wait for another holder; 0 gives up at once. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Takes a lock that the kernel gives back when its holder ends, however it ends: a name in the abstract namespace of unix
 * sockets (unix(7)), so no file is left behind. The holder answers on it who it is.
 *
 * Throws `CLUSTER_BUSY` naming the holder.
 */
export async function takeLock(options: LockOptions): Promise<AsyncDisposable> {
  const key = createHash("sha256")
    .update(`${userInfo().uid}\0${options.stateDirectory}\0${options.what}`)
    .digest("hex");
  const address = `\0sluice-lock-${key.slice(0, 40)}`;
  const deadline = performance.now() + options.waitMs;
  for (;;) {
    const server = await listen(address, `process ${process.pid} (${options.purpose})`);
    if (server !== undefined) return { [Symbol.asyncDispose]: () => close(server) };
    if (options.signal.aborted) throw new SluiceError("CANCELLED", `stopped while waiting for ${options.what}`);
    if (performance.now() >= deadline) {
      const holder = await askHolder(address);
      if (holder === "gone") continue;
      throw new SluiceError(
        "CLUSTER_BUSY",
        `cluster "${options.what}" is in use by ${holder}; try again when it has ended`,
        {
          details: { cluster: options.what, holder },
        },
      );
    }
    await delay(20, undefined, { signal: options.signal }).catch(() => {});
  }
}

/** Resolves to `undefined` where somebody else listens there. */
function listen(address: string, answer: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      // Who asks and never hangs up must not keep the lock from being given back.
      socket.end(answer, () => socket.destroy());
    });
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** What the holder says of itself; `gone` where it gave the lock back in between. A holder that is stopped says nothing. */
function askHolder(address: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(address);
    socket.setTimeout(2000, () => {
      resolve("another process, which does not answer");
      socket.destroy();
    });
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("error", () => {});
    socket.on("close", () => resolve(text === "" ? "gone" : text));
  });
}
