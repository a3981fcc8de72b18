import { StringDecoder } from "node:string_decoder";
import type { Clock } from "../../jobs/clock.ts";
import {
  KubernetesError,
  type KubernetesChange,
  type KubernetesObject,
  type KubernetesResource,
  type KubernetesSelection,
} from "../kubernetes-api.ts";
import { pathOf, readEvent } from "./api-objects.ts";
import type { ApiServer } from "./api-server.ts";
import { listResource } from "./list-resource.ts";

/** How long one connection watches; the server ends it then, and the next goes on where it stopped. */
const watchSeconds = 290;
const longestWaitMs = 30_000;

interface WatchDeps {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly log: (message: string) => void;
}

/** What the port says of `watch`: a listing, then what changes, over as many connections as it takes. Throws only what the first listing throws. */
export async function* watchResource(
  { server, clock, log }: WatchDeps,
  resource: KubernetesResource,
  selection: KubernetesSelection,
  signal: AbortSignal,
): AsyncGenerator<KubernetesChange> {
  const known = new Map<string, KubernetesObject>();
  let version: string | undefined;
  let hasListed = false;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const listed = await listResource(server, resource, selection, signal);
        version = listed.resourceVersion;
        yield* differences(known, listed.items);
        yield { type: "LISTED" };
        hasListed = true;
      }
      for await (const event of watchOnce(server, resource, selection, version, signal)) {
        failures = 0;
        version = event.object.metadata?.resourceVersion ?? version;
        if (event.type !== "BOOKMARK") yield* told(known, event.type, event.object);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!hasListed) throw error;
      if (isExpired(error)) {
        version = undefined;
        continue;
      }
      failures++;
      const waitMs = Math.min(500 * 2 ** Math.min(failures, 10), longestWaitMs);
      const why = error instanceof Error ? error.message : String(error);
      log(`watch of ${resource.plural} broke off: ${why}; trying again in ${waitMs} ms`);
      await clock.sleep(waitMs, signal);
    }
  }
}

/** What a listing says that is new, by what was known; afterwards that is known. */
function* differences(
  known: Map<string, KubernetesObject>,
  items: readonly KubernetesObject[],
): Generator<KubernetesChange> {
  const listed = new Set<string>();
  for (const object of items) {
    const key = keyOf(object);
    listed.add(key);
    const old = known.get(key);
    if (old?.metadata?.resourceVersion === object.metadata?.resourceVersion && old !== undefined) continue;
    known.set(key, identityOf(object));
    yield { type: old === undefined ? "ADDED" : "MODIFIED", object };
  }
  for (const [key, object] of known) {
    if (listed.has(key)) continue;
    known.delete(key);
    yield { type: "DELETED", object };
  }
}

function* told(
  known: Map<string, KubernetesObject>,
  type: string,
  object: KubernetesObject,
): Generator<KubernetesChange> {
  const key = keyOf(object);
  if (type === "DELETED") {
    if (known.delete(key)) yield { type, object };
  } else if (type === "ADDED" || type === "MODIFIED") {
    yield { type: known.has(key) ? "MODIFIED" : "ADDED", object };
    known.set(key, identityOf(object));
  }
}

async function* watchOnce(
  server: ApiServer,
  resource: KubernetesResource,
  { namespace, labelSelector, fieldSelector }: KubernetesSelection,
  resourceVersion: string,
  signal: AbortSignal,
): AsyncGenerator<{ readonly type: string; readonly object: KubernetesObject }> {
  const query = {
    watch: "true",
    allowWatchBookmarks: "true",
    timeoutSeconds: String(watchSeconds),
    resourceVersion,
    labelSelector,
    fieldSelector,
  };
  const request = {
    method: "GET",
    path: pathOf(resource, namespace === undefined ? {} : { namespace }),
    query,
  } as const;
  const stream = await server.stream(request, (watchSeconds + 30) * 1000, signal);
  for await (const line of lines(stream)) {
    const event = readEvent(line);
    if (event === undefined) throw new KubernetesError(0, "an event of a watch cannot be read");
    if (event.type === "ERROR") throw toFailure(event.object);
    yield event;
  }
}

/** Lines of a stream, wherever it is cut; what stands after the last line break is no line yet. */
async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  const parts: string[] = [];
  for await (const chunk of stream) {
    const pieces = decoder.write(chunk).split("\n");
    const last = pieces.pop() ?? "";
    for (const piece of pieces) {
      const line = parts.splice(0).join("") + piece;
      if (line.trim() !== "") yield line;
    }
    parts.push(last);
  }
}

function toFailure(status: KubernetesObject): KubernetesError {
  const { code, message } = status;
  return new KubernetesError(
    typeof code === "number" ? code : 0,
    typeof message === "string" ? message : "watch ended",
  );
}

/** 410: the server no longer knows what came after the version that was asked for. */
function isExpired(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 410;
}

/** What is kept of an object: tens of thousands of Nodes are hundreds of megabytes. */
function identityOf({ metadata }: KubernetesObject): KubernetesObject {
  const { name, namespace, resourceVersion } = metadata ?? {};
  return {
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
  };
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
}
