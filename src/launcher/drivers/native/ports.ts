import { createServer } from "node:net";
import { SluiceError } from "../../../errors.ts";
import { findListener } from "./processes.ts";

/** Below the range from which Linux hands out ports by itself (32768 on), above what well-known services use. */
const range = { first: 20_000, last: 31_999 } as const;

export interface PortPicker {
  /** The port asked for; throws `PORT_BUSY` where it is taken. */
  exactly(port: number, what: string): Promise<number>;
  /** `preferred` where it is free, else any free one. */
  near(preferred?: number): Promise<number>;
  /** `count` free ports. */
  some(count: number): Promise<readonly number[]>;
}

/**
 * Picks ports on loopback that nobody listens on and no other cluster keeps for its next start. `seed` spreads clusters
 * over the range, so that two that are made at once seldom try the same.
 */
export function pickPorts(taken: ReadonlyMap<number, string>, seed: number): PortPicker {
  const given = new Set<number>();
  const isOurs = async (port: number): Promise<boolean> =>
    !taken.has(port) && !given.has(port) && (await tryBinding(port)) === undefined;
  const some = async (count: number): Promise<readonly number[]> => {
    const size = range.last - range.first + 1;
    const found: number[] = [];
    for (let i = 0; i < size && found.length < count; i += 1) {
      const port = range.first + (((((seed % size) + size) % size) + i) % size);
      if (await isOurs(port)) found.push(port);
    }
    if (found.length < count) {
      throw new SluiceError(
        "PORT_BUSY",
        `${count} free ports are needed between ${range.first} and ${range.last}, and ${found.length} were found`,
      );
    }
    for (const port of found) given.add(port);
    return found;
  };
  return {
    some,
    async exactly(port, what) {
      const other = taken.get(port);
      const why = other === undefined ? await bindError(port) : `it belongs to cluster "${other}"`;
      if (why === undefined && !given.has(port)) {
        given.add(port);
        return port;
      }
      throw new SluiceError(
        "PORT_BUSY",
        `${what} ${port} cannot be used: ${why ?? "it is used twice"}; name another, or leave it out to have a free one chosen`,
        {
          details: { port },
        },
      );
    },
    async near(preferred) {
      if (preferred !== undefined && (await isOurs(preferred))) {
        given.add(preferred);
        return preferred;
      }
      const [port = 0] = await some(1);
      return port;
    },
  };
}

/** Why a port of 127.0.0.1 cannot be listened on, with who listens on it where that can be seen; `undefined` where it can. */
export async function bindError(port: number): Promise<string | undefined> {
  const error = await tryBinding(port);
  if (error === undefined) return undefined;
  if (error.code === "EACCES") return "you may not listen on it";
  if (error.code !== "EADDRINUSE") return error.message;
  const listener = findListener(port);
  return `${listener === undefined ? "something" : `${listener.name} (process ${listener.pid})`} listens on it`;
}

function tryBinding(port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
