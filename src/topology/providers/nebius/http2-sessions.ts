import { once } from "node:events";
import { connect, type ClientHttp2Session } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Http2SessionManager } from "@connectrpc/connect-node";

/** What a transport of gRPC needs of its connection. */
export type SessionManager = Pick<Http2SessionManager, "authority" | "request" | "notifyResponseByteRead"> & Disposable;

export interface Http2SessionOptions {
  /** How long connecting may take, in milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * Keeps one connection to a server and opens it anew where it has ended. Connect's own manager lets a connection go
 * unwatched for a moment, in which the error of a server that speaks no HTTP/2 ends the whole process. Throws
 * `ConnectError` where there is no connection: `Unavailable`, or `DeadlineExceeded`.
 */
export function http2Sessions(url: string, { deadlineMs, signal }: Http2SessionOptions): SessionManager {
  const authority = new URL(url).origin;
  const closed = new AbortController();
  let current: ClientHttp2Session | undefined;
  let opening: Promise<ClientHttp2Session> | undefined;

  const open = async (): Promise<ClientHttp2Session> => {
    const session = connect(authority);
    // What goes wrong is told to those who wait for the connection, or for an answer over it.
    session.on("error", () => {});
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      await once(session, "connect", { signal: AbortSignal.any([signal, closed.signal, deadline]) });
      return session;
    } catch (error) {
      session.destroy();
      signal.throwIfAborted();
      if (deadline.aborted) throw new ConnectError(`no connection within ${deadlineMs} ms`, Code.DeadlineExceeded);
      throw new ConnectError(error instanceof Error ? error.message : String(error), Code.Unavailable);
    }
  };

  const usable = async (): Promise<ClientHttp2Session> => {
    if (current !== undefined && !current.closed && !current.destroyed) return current;
    opening ??= open().finally(() => (opening = undefined));
    return (current = await opening);
  };

  return {
    authority,
    request: async (method, path, headers, options) =>
      (await usable()).request({ ...headers, ":method": method, ":path": path }, options),
    notifyResponseByteRead() {},
    [Symbol.dispose]() {
      closed.abort();
      current?.destroy();
    },
  };
}
