import { z } from "zod";
import { errorCodes } from "../error-codes.ts";
import { SluiceError } from "../errors.ts";
import { pathOf } from "../gateway/contract/operation.ts";
import { readOutput, streamEvents } from "../gateway/contract/stream-operations.ts";
import { Problem } from "../schema/api-problem.ts";
import { StoredEvent } from "../schema/stored-event.ts";
import { readEvents, type ReceivedEvent } from "./read-events.ts";
import { queryText, toError, type Transport } from "./transport.ts";

export interface EventQuery {
  /** The number of the last event that was read; 0 for all that there are. Those from now on where left out. */
  readonly after?: number;
  readonly job?: string;
  readonly cluster?: string;
  readonly type?: string;
}

/** An event, or word that some were lost: read the jobs anew then. */
export type JobEvent = StoredEvent | { readonly type: "missed"; readonly seq: number };

export interface OutputQuery {
  readonly stream?: "stdout" | "stderr";
  readonly task?: number;
  readonly offset?: number;
  /** The last so many lines, instead of an offset. */
  readonly tail?: number;
  readonly follow?: boolean;
}

/** Bytes of the output, and where they stand in it. */
export interface OutputPiece {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the file on the cluster: tasks of an array may share one. */
  readonly path?: string;
}

const OutputFile = z.object({ path: z.string() });

/** Events from the gateway, over as many connections as it takes, each once and in order. */
export async function* followEvents(
  transport: Transport,
  query: EventQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobEvent> {
  let last = query.after;
  const received = resume(transport, `${streamEvents.path}${queryText(query)}`, () => last, signal);
  for await (const { event, id, data } of received) {
    if (id !== undefined) last = Number(id);
    if (data === undefined) continue;
    const fact: unknown = JSON.parse(data);
    if (event === "missed") yield { type: "missed", seq: last ?? 0 };
    // A newer gateway may tell of what this client does not know.
    else if (StoredEvent.safeParse(fact).success) yield StoredEvent.parse(fact);
  }
}

/** So often in a row may a stream fail before it is given up: several minutes. */
const mostFailures = 20;

/** Output from the gateway, over as many connections as it takes. */
export async function* followOutput(
  transport: Transport,
  id: string,
  query: OutputQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<OutputPiece> {
  let next = query.offset;
  const url = `${pathOf(readOutput, { id })}${queryText(query)}`;
  let path: string | undefined;
  for await (const { event, id: after, data } of resume(transport, url, () => next, signal)) {
    if (event === "end") return;
    if (event === "file" && data !== undefined) path = OutputFile.safeParse(JSON.parse(data)).data?.path;
    if (event !== "output" || data === undefined) continue;
    const bytes = Uint8Array.from(atob(data), (character) => character.codePointAt(0) ?? 0);
    next = Number(after);
    yield { offset: next - bytes.length, bytes, ...(path !== undefined && { path }) };
  }
}

/** The events of a stream that is opened again behind the last one whenever it ends, until the signal aborts. */
async function* resume(
  transport: Transport,
  path: string,
  last: () => number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReceivedEvent> {
  const isStopped = (): boolean => signal?.aborted === true;
  for (let failures = 1; !isStopped(); failures += 1) {
    const from = last();
    try {
      const response = await transport.open({
        method: "GET",
        path,
        headers: { accept: "text/event-stream", ...(from !== undefined && { "last-event-id": String(from) }) },
        signal,
      });
      for await (const received of readEvents(bytesOf(response, signal))) {
        if (received.event === "problem") throw toError(Problem.parse(JSON.parse(received.data ?? "")));
        // That a stream opened is no sign that it will not break off again at once.
        if (received.data !== undefined) failures = 0;
        yield received;
      }
    } catch (error) {
      if (isStopped()) return;
      // What breaks a connection off is no word of the gateway's; what it says itself counts.
      const passes = !(error instanceof SluiceError) || errorCodes[error.code].retry;
      if (!passes || failures >= mostFailures) throw error;
    }
    await transport.pause(Math.max(failures, 1), signal);
  }
}

/**
 * The bytes of an answer until the signal aborts. The signal that a request was made with does not always reach a body that
 * is being read (Node forgets it once the request has been collected), so the reader is told itself.
 */
async function* bytesOf({ body }: Response, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    for (let piece = await reader.read(); piece.value !== undefined; piece = await reader.read()) yield piece.value;
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}
