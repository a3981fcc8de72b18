import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type WireAnswer = (request: WireRequest, response: ServerResponse) => void;

/** An HTTP server for tests that answers as they say, for clients that speak to an API server. */
export interface WireServer extends AsyncDisposable {
  readonly port: number;
  readonly requests: readonly WireRequest[];
  /** Connections that were ever made. */
  readonly connections: number;
}

/** Listens on a free port; `upgrade` answers WebSockets. */
export async function wireServer(
  answer: WireAnswer,
  options: { readonly upgrade?: (request: WireRequest, socket: Socket) => void; readonly server?: Server } = {},
): Promise<WireServer> {
  const requests: WireRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = options.server ?? createServer();
  const toRequest = (message: IncomingMessage, body: string): WireRequest => {
    const request = {
      method: message.method ?? "",
      url: new URL(message.url ?? "/", "http://localhost"),
      headers: message.headers,
      body,
    };
    requests.push(request);
    return request;
  };
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  server.on("request", (message: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => answer(toRequest(message, Buffer.concat(chunks).toString()), response));
  });
  server.on("upgrade", (message: IncomingMessage, socket: Socket) => options.upgrade?.(toRequest(message, ""), socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with JSON. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** The `Status` that an API server refuses a request with. */
export function statusOf(code: number, message: string): unknown {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code };
}

/** Answers the request for a WebSocket, choosing the protocol (RFC 6455, 4.2.2). */
export function acceptWebSocket(request: WireRequest, socket: Socket, protocol: string): void {
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(
    [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${accept}`,
      `Sec-WebSocket-Protocol: ${protocol}`,
      "\r\n",
    ].join("\r\n"),
  );
}

/** A binary frame of one of the channels of a command (0 to 3; 255 closes one). */
export function channelFrame(channel: number, content: string | Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from([channel]), Buffer.from(content)]);
  const length =
    payload.length < 126
      ? Buffer.from([payload.length])
      : Buffer.from([126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([Buffer.from([0x82]), length, payload]);
}
