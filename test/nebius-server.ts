import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { exchangeToken, listInstances } from "../src/topology/providers/nebius/nebius-messages.ts";

export interface ListCall {
  readonly parentId: string;
  readonly pageSize: bigint;
  readonly pageToken: string;
  /** The header `authorization`. */
  readonly token: string;
}

export type NebiusReply = Readonly<Record<string, unknown>>;

/** What was asked of Nebius, and how it is answered. */
export interface NebiusServer extends AsyncDisposable {
  readonly url: string;
  readonly lists: ListCall[];
  readonly exchanges: NebiusReply[];
  /** Connections, in their order. */
  readonly sessions: ServerHttp2Session[];
  /** Come before the pages, in turn; one that gives nothing lets the page through. */
  readonly faults: ((call: ListCall) => Promise<NebiusReply> | NebiusReply | undefined)[];
  /** By the token of the page. */
  pages: Readonly<Record<string, NebiusReply>>;
  /** Forgets all that was asked, and the faults. */
  reset(): void;
}

/** A server of this test's own on a free port of the loopback, which speaks Nebius's gRPC without TLS. */
export async function nebiusServer(): Promise<NebiusServer> {
  const server = createServer(
    connectNodeAdapter({
      routes(router) {
        router.rpc(listInstances, async (request, { requestHeader }) => {
          const { parentId, pageSize, pageToken } = { parentId: "", pageSize: 0n, pageToken: "", ...request };
          const call = { parentId, pageSize, pageToken, token: requestHeader.get("authorization") ?? "" };
          nebius.lists.push(call);
          return (await nebius.faults.shift()?.(call)) ?? nebius.pages[pageToken] ?? {};
        });
        router.rpc(exchangeToken, (request) => {
          nebius.exchanges.push({ ...request });
          return { accessToken: `minted-${nebius.exchanges.length}`, tokenType: "Bearer", expiresIn: 3600n };
        });
      },
    }),
  );
  server.on("session", (session) => void nebius.sessions.push(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const nebius: NebiusServer = {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    lists: [],
    exchanges: [],
    sessions: [],
    faults: [],
    pages: {},
    reset() {
      for (const list of [nebius.lists, nebius.exchanges, nebius.sessions, nebius.faults]) list.splice(0);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
  return nebius;
}

export function nebiusInstance(id: string, path: readonly string[], nvlInstanceGroupId = ""): NebiusReply {
  return { metadata: { id }, spec: { nvlInstanceGroupId }, status: { infinibandTopologyPath: { path } } };
}

/** A fault that ends a call with this code. */
export function nebiusFault(code: Code, words: string): () => never {
  return () => {
    throw new ConnectError(words, code);
  };
}

export const expiredToken = nebiusFault(Code.Unauthenticated, "the token has expired");
