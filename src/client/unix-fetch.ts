import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Fetch } from "./transport.ts";

/** `fetch` through a unix socket, which Node's own cannot. */
export function unixFetch(socketPath: string): Fetch {
  return (request) =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(request.url);
      const outgoing = httpRequest(
        {
          socketPath,
          path: `${pathname}${search}`,
          method: request.method,
          headers: Object.fromEntries(request.headers),
          signal: request.signal,
        },
        (incoming) => {
          const headers = new Headers();
          for (const [name, values = []] of Object.entries(incoming.headersDistinct)) {
            for (const value of values) headers.append(name, value);
          }
          const { statusCode: status = 500 } = incoming;
          const isEmpty = status === 204 || status === 304;
          if (isEmpty) incoming.resume();
          resolve(new Response(isEmpty ? null : bodyOf(incoming), { status, headers }));
        },
      );
      outgoing.once("error", reject);
      if (request.body === null) outgoing.end();
      else pipeline(Readable.from(request.body), outgoing).catch(reject);
    });
}

/** The bytes of an answer, as fast as they are read. */
function bodyOf(incoming: Readable): ReadableStream<Uint8Array> {
  const iterator: AsyncIterator<unknown> = incoming[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done === true) return controller.close();
      if (value instanceof Uint8Array) controller.enqueue(value);
    },
    cancel: () => void incoming.destroy(),
  });
}
