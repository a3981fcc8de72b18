import type { GatewayDeps } from "./call.ts";

/** One server-sent event (HTML, section 9.2). */
export interface SentEvent {
  readonly event: string;
  readonly id?: number;
  /** Without line ends. */
  readonly data: string;
}

/** What goes into a body piece by piece. */
export interface Source<T> {
  readonly open: (signal: AbortSignal) => AsyncIterable<T>;
  readonly write: (piece: T) => Uint8Array;
  /** Sent at once. */
  readonly first?: Uint8Array;
  /** Sent whenever nothing else was for the gateway's heartbeat. */
  readonly alive?: Uint8Array;
  /** The last words of a body that fails; it is cut off where there are none. */
  readonly problem?: (error: unknown) => Uint8Array;
}

export interface StreamOptions {
  readonly deps: Pick<GatewayDeps, "clock" | "heartbeatMs" | "metrics">;
  /** Ends the stream: the caller went, or the gateway closes. */
  readonly signal: AbortSignal;
}

/**
 * A body that is made as fast as its reader takes it, and no faster: nothing is kept for a slow one. It ends quietly with its
 * signal, and its source is told so.
 */
export function streamBody<T>(
  { open, write, first, alive, problem }: Source<T>,
  { deps, signal }: StreamOptions,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const ended = AbortSignal.any([stop.signal, signal]);
  const counted = deps.metrics.openStream();
  const iterator = open(ended)[Symbol.asyncIterator]();
  // Thousands may follow: to ask a signal that is made of others, or to set an alarm, costs more than an event does.
  let isOver = ended.aborted;
  ended.addEventListener("abort", () => (isOver = true), { once: true });
  let spoke = true;

  const end = (): void => {
    counted[Symbol.dispose]();
    stop.abort();
  };
  const beat = async (controller: ReadableStreamDefaultController<Uint8Array>, comment: Uint8Array): Promise<void> => {
    while (!ended.aborted) {
      spoke = false;
      await deps.clock.sleep(deps.heartbeatMs, ended);
      // Whoever has not taken the last one gets no other.
      if (!spoke && !ended.aborted && controller.desiredSize === 0) controller.enqueue(comment);
    }
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (first !== undefined) controller.enqueue(first);
        if (alive !== undefined) void beat(controller, alive);
      },
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          spoke = true;
          if (done !== true) return controller.enqueue(write(value));
          controller.close();
        } catch (error) {
          if (!isOver && problem === undefined) controller.error(error);
          else {
            if (!isOver && problem !== undefined) controller.enqueue(problem(error));
            controller.close();
          }
        }
        end();
      },
      async cancel() {
        end();
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

const encoder = new TextEncoder();

/** One event as it is sent. */
export function writeEvent({ event, id, data }: SentEvent): Uint8Array {
  return encoder.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`);
}

/**
 * The comment that opens a stream of events: a proxy passes the headers on with it, and the reader knows that it is connected.
 * An id without data is no event, and all the same where an event source goes on (HTML, section 9.2.6): who is cut off before
 * the first event loses none.
 */
export function writeOpening(start: number | undefined): Uint8Array {
  return encoder.encode(`: open\n${start === undefined ? "" : `id: ${start}\n`}\n`);
}

export const aliveComment = encoder.encode(": alive\n\n");

export const eventStreamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
} as const;
