import { SluiceError } from "../../errors.ts";
import type { Followed, OutputBytes } from "../../jobs/job-service.ts";
import { defined } from "../../schema/defined.ts";
import type { Call, GatewayDeps } from "../call.ts";
import { Whole } from "../contract/parameters.ts";
import { readOutput, streamEvents } from "../contract/stream-operations.ts";
import type { mounter } from "../mount.ts";
import { parseInput } from "../parse-input.ts";
import { toProblem } from "../problem.ts";
import {
  aliveComment,
  eventStreamHeaders,
  streamBody,
  writeEvent,
  writeOpening,
  type SentEvent,
  type Source,
} from "../stream.ts";

/** Mounts what goes on for as long as the caller listens. */
export function mountStreams(mount: ReturnType<typeof mounter>, deps: GatewayDeps): void {
  const { service } = deps;

  mount(streamEvents, async ({ query: { after, job, cluster, type } }, call) => {
    const filter = defined({ jobId: job, clusters: cluster, types: type });
    const from = lastEventId(call) ?? after ?? (await service.lastEvent());
    const open = (signal: AbortSignal): AsyncIterable<Followed> => service.events(from, filter, call.caller, signal);
    return eventStream(call, deps, { open, start: from, write: writeOnce });
  });

  mount(readOutput, async ({ params: { id }, query }, call) => {
    const { stream, task, offset, tail, follow } = query;
    const from = lastEventId(call) ?? offset;
    if (tail !== undefined && offset !== undefined) {
      throw new SluiceError("INPUT_INVALID", "query tail: give either tail or offset, not both", {
        details: { field: "tail" },
      });
    }
    // Asked for first: a job that is not there is a problem, and a stream that has begun can no longer say so.
    await service.get(id, call.caller);
    const request = defined({ stream, task, offset: from, tailLines: from === undefined ? tail : undefined, follow });
    const open = (signal: AbortSignal): AsyncIterable<OutputBytes> => service.output(id, request, call.caller, signal);
    if (call.headers.get("accept")?.includes("text/event-stream") === true) {
      const asEvents = async function* (signal: AbortSignal): AsyncGenerator<SentEvent> {
        let last: string | undefined;
        for await (const { offset: at, bytes, path } of open(signal)) {
          if (path !== last) yield { event: "file", data: JSON.stringify({ path }) };
          last = path;
          yield { event: "output", id: at + bytes.length, data: Buffer.from(bytes).toString("base64") };
        }
        if (!signal.aborted) yield { event: "end", data: "{}" };
      };
      return eventStream(call, deps, { open: asEvents, start: from, write: writeEvent });
    }
    return plainOutput(call, deps, { open, follow, start: from ?? (tail === undefined ? 0 : undefined) });
  });
}

/** Where an event source goes on, as browsers say it by themselves. */
function lastEventId({ headers }: Call): number | undefined {
  const id = headers.get("last-event-id");
  return id === null || id === "" ? undefined : parseInput(Whole, id, "header Last-Event-ID");
}

function eventStream<T>(
  { signal, headers }: Call,
  deps: GatewayDeps,
  { open, write, start }: Pick<Source<T>, "open" | "write"> & { readonly start: number | undefined },
): Response {
  const requestId = headers.get("x-request-id") ?? "";
  // The status is long sent when a stream fails.
  const problem = (error: unknown): Uint8Array =>
    writeEvent({ event: "problem", data: JSON.stringify(toProblem(error, requestId)) });
  const source = { open, write, problem, first: writeOpening(start), alive: aliveComment };
  return new Response(streamBody(source, { deps, signal }), { headers: eventStreamHeaders });
}

/** Written once, however many follow. */
const written = new WeakMap<Followed, Uint8Array>();

function writeOnce(event: Followed): Uint8Array {
  const known = written.get(event);
  if (known !== undefined) return known;
  const text = writeEvent(
    "missed" in event
      ? { event: "missed", id: event.seq, data: JSON.stringify({ seq: event.seq }) }
      : { event: event.type, id: event.seq, data: JSON.stringify(event) },
  );
  written.set(event, text);
  return text;
}

/**
 * The bytes as they are. Who does not follow gets a problem where there is no output to be had, so the first piece is waited
 * for; who follows gets the headers at once.
 */
async function plainOutput(
  { signal }: Call,
  deps: GatewayDeps,
  {
    open,
    follow,
    start,
  }: {
    readonly open: (signal: AbortSignal) => AsyncIterable<OutputBytes>;
    readonly follow: boolean;
    /** Where the first piece begins, as far as that is known before it is read. */
    readonly start: number | undefined;
  },
): Promise<Response> {
  const headers = new Headers({ "content-type": "application/octet-stream", "cache-control": "no-store" });
  const stop = new AbortController();
  const pieces = open(AbortSignal.any([signal, stop.signal]))[Symbol.asyncIterator]();
  const first = follow ? undefined : await pieces.next();
  if (first !== undefined && first.done !== true) headers.set("sluice-offset", String(first.value.offset));
  else if (start !== undefined) headers.set("sluice-offset", String(start));
  const goOn = async function* (ended: AbortSignal): AsyncGenerator<OutputBytes> {
    ended.addEventListener("abort", () => stop.abort(), { once: true });
    for (let piece = first ?? (await pieces.next()); piece.done !== true; piece = await pieces.next())
      yield piece.value;
  };
  return new Response(streamBody({ open: goOn, write: ({ bytes }) => bytes }, { deps, signal }), { headers });
}
