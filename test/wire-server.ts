import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WireAnswer {
  /** 200 where left out. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WireServer extends AsyncDisposable {
  readonly url: URL;
  /** All that was asked, in order. */
  readonly requests: WireRequest[];
  /** Replaces how requests are answered; `hang` takes one and never answers. */
  answer: (request: WireRequest) => WireAnswer | "hang";
}

/** A server of this test's own on a free port of the loopback, which speaks what it is told. */
export async function wireServer(answer: WireServer["answer"]): Promise<WireServer> {
  const requests: WireRequest[] = [];
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const wire: WireServer = {
    url: new URL(`http://127.0.0.1:${port}`),
    requests,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", headers } = message;
    const request = { method, url: new URL(message.url ?? "/", wire.url), headers, body: await text(message) };
    requests.push(request);
    const given = wire.answer(request);
    if (given !== "hang") response.writeHead(given.status ?? 200, given.headers ?? {}).end(given.body ?? "");
  };
  // Who is gone before the end of his request hears nothing.
  server.on("request", (message, response) => void serve(message, response).catch(() => response.destroy()));
  return wire;
}

/** An answer in JSON. */
export function json(value: unknown, rest: WireAnswer = {}): WireAnswer {
  return { ...rest, headers: { "content-type": "application/json", ...rest.headers }, body: JSON.stringify(value) };
}

/** Answers one request after the other in this way; the last way stays. */
export function inTurn(...answers: readonly (WireAnswer | "hang")[]): WireServer["answer"] {
  let count = 0;
  return () => answers[Math.min(count++, answers.length - 1)] ?? { status: 500 };
}
