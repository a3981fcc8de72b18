import type { GatewayDeps } from "./call.ts";

/** One server-sent event (HTML, section 9.2). */
export interface SentEvent {
  readonly event: string;
  readonly id?: number;
  /** Without line ends. */
  readonly data: string;
}

export interface StreamOptions {
  readonly deps: Pick<GatewayDeps, "clock" | "heartbeatMs" | "metrics">;
  /** Ends the stream: the caller went, or the gateway closes. */
  readonly signal: AbortSignal;
}

/**
 * A body that is made as fast as its reader takes it, and no faster: nothing is kept for a slow one. It ends with its
 * signal, and its source is told so.
 */
export function streamBody(
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  { deps, signal }: StreamOptions,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const ended = AbortSignal.any([stop.signal, signal]);
  const counted = deps.metrics.openStream();
  const iterator = open(ended)[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (done !== true) return controller.enqueue(value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        counted[Symbol.dispose]();
      },
      async cancel() {
        counted[Symbol.dispose]();
        stop.abort();
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * The events as text, with a comment whenever nothing happened for so long; ends quietly when the signal aborts. `start` is
 * the id behind which the first event comes.
 */
export async function* eventText(
  events: AsyncIterable<SentEvent>,
  signal: AbortSignal,
  { clock, heartbeatMs }: Pick<GatewayDeps, "clock" | "heartbeatMs">,
  start: number | undefined,
): AsyncGenerator<Uint8Array> {
  const text = new TextEncoder();
  const iterator = events[Symbol.asyncIterator]();
  // Sent at once, so that a proxy passes the headers on and the reader knows that it is connected. An id without data is no
  // event, and all the same where an event source goes on (HTML, section 9.2.6): who is cut off before the first event loses none.
  yield text.encode(`: open\n${start === undefined ? "" : `id: ${start}\n`}\n`);
  // One alarm for the whole stream: one for each event would cost many times what the event costs.
  const over = new AbortController();
  const until = AbortSignal.any([over.signal, signal]);
  let spoke = true;
  let wake: ((what: "silence") => void) | undefined;
  const listen = async (): Promise<void> => {
    while (!until.aborted) {
      spoke = false;
      await clock.sleep(heartbeatMs, until);
      if (!spoke || until.aborted) wake?.("silence");
    }
  };
  const listening = listen();
  try {
    let next = iterator.next();
    while (!signal.aborted) {
      const first = await new Promise<Awaited<typeof next> | "silence">((resolve, reject) => {
        wake = resolve;
        next.then(resolve, reject);
      });
      spoke = true;
      if (first === "silence") {
        if (signal.aborted) break;
        yield text.encode(": alive\n\n");
        continue;
      }
      if (first.done === true) return;
      const { event, id, data } = first.value;
      yield text.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`);
      next = iterator.next();
    }
    next.catch(() => {});
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    over.abort();
    await listening;
  }
}

export const eventStreamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
} as const;
