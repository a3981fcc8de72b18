import { readFileSync } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { TLSSocket } from "node:tls";
import { SluiceError } from "../../../errors.ts";
import type { RestReply } from "../../../slurm/rest/rest-reply.ts";

/** Where slurmrestd listens. */
export type RestEndpoint =
  | { readonly socket: string }
  | {
      /** `http://host:6820`, with or without a path before `/slurm`. */
      readonly url: string;
      /** Absolute path of the certificates to trust for https, in place of the system's. */
      readonly caFile?: string;
    };

export interface RestCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** From the root: `/slurm/v0.0.42/job/12`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * Speaks HTTP with one slurmrestd over few connections that are kept. Throws `CLUSTER_UNREACHABLE` with `hop: "slurmrestd"`
 * and, in `mayHaveRun`, whether the request may have got there; `LIMIT_EXCEEDED`, `CANCELLED`.
 */
export interface RestClient {
  /** For people: the URL, or the socket's path. */
  readonly place: string;
  send(call: RestCall): Promise<RestReply>;
}

/** slurmrestd takes 124 connections of all its clients (`--max-connections`) and works with 20 threads. */
const connections = 16;
/** A connection unused for so long may be closed by the other side just as it is used again. */
const idleMs = 4_000;
/** An array of ten thousand tasks has 40 MB. */
const maxReplyBytes = 64 * 1024 * 1024;

export function createRestClient(endpoint: RestEndpoint): RestClient {
  const open = opener(endpoint);
  const place = "socket" in endpoint ? endpoint.socket : endpoint.url;

  const attempt = (call: RestCall, isFresh = false): Promise<RestReply> =>
    new Promise((resolve, reject) => {
      const { method, path, headers, body, deadlineMs, signal } = call;
      const request = `${method} ${path}`;
      let sent = false;
      const deadline = AbortSignal.timeout(deadlineMs);
      const options = {
        method,
        signal: AbortSignal.any([signal, deadline]),
        headers: {
          ...headers,
          accept: "application/json",
          ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        },
      };
      const outgoing = open(path, options, isFresh);
      const fail = (error: Error): void => {
        if (error instanceof SluiceError) reject(error);
        else if (signal.aborted) reject(cancelled(place, request, sent));
        else if (deadline.aborted) reject(unanswered(place, request, `no answer within ${deadlineMs / 1000} s`, sent));
        else reject(unanswered(place, request, words(error), sent, error));
      };
      // Before a connection stands nothing of the request can have got anywhere, nor before it is known who is at its end.
      outgoing.once("socket", (socket) => {
        const begin = (): void => void (sent = true);
        if (socket.connecting) socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", begin);
        else begin();
      });
      outgoing.once("error", fail);
      outgoing.once("response", (incoming) => {
        readText(incoming).then((text) => resolve({ request, status: incoming.statusCode ?? 0, text }), fail);
      });
      outgoing.end(body);
    });

  return {
    place,
    async send(call) {
      try {
        return await attempt(call);
      } catch (error) {
        // Reading again does no harm. The other side may just have closed all connections that were kept.
        const lost = error instanceof SluiceError && error.details["reason"] === "lost";
        if (call.method !== "GET" || !lost) throw error;
        return attempt(call, true);
      }
    },
  };
}

interface SendOptions {
  readonly method: string;
  readonly signal: AbortSignal;
  readonly headers: Record<string, string | number>;
}

/**
 * `isFresh` asks for a connection of its own. It too is one that could be kept: to a request that says `Connection: close`
 * slurmrestd 22.05 writes that header after the body, which no parser takes.
 */
type Opener = (path: string, options: SendOptions, isFresh: boolean) => ClientRequest;

function opener(endpoint: RestEndpoint): Opener {
  const kept = { keepAlive: true, maxSockets: connections, timeout: idleMs, scheduling: "lifo" } as const;
  if ("socket" in endpoint) {
    const place = { socketPath: endpoint.socket, host: "localhost" };
    return through(
      () => new HttpAgent(kept),
      (path, options) => httpRequest({ ...options, ...place, path }),
    );
  }
  const { caFile } = endpoint;
  const url = new URL(endpoint.url);
  const target = (path: string): string => `${url.origin}${url.pathname.replace(/\/$/, "")}${path}`;
  if (url.protocol === "http:") {
    return through(
      () => new HttpAgent(kept),
      (path, options) => httpRequest(target(path), options),
    );
  }
  const trust = caFile === undefined ? {} : { ca: readCertificates(caFile) };
  return through(
    () => new HttpsAgent({ ...kept, ...trust }),
    (path, options) => httpsRequest(target(path), options),
  );
}

function through<A extends HttpAgent>(
  create: () => A,
  begin: (path: string, options: SendOptions & { readonly agent: A }) => ClientRequest,
): Opener {
  const shared = create();
  return (path, options, isFresh) => {
    if (!isFresh) return begin(path, { ...options, agent: shared });
    const agent = create();
    return begin(path, { ...options, agent }).once("close", () => agent.destroy());
  };
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SluiceError("CONFIG_INVALID", `ca_file: "${path}" cannot be read: ${words(error)}`, {
      cause: error,
      details: { field: "ca_file", path },
    });
  }
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxReplyBytes) {
      incoming.destroy();
      throw new SluiceError("LIMIT_EXCEEDED", `slurmrestd answered with more than ${maxReplyBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const unsigned = [
  "untrusted",
  "its certificate is signed by nobody who is trusted; name who signed it in ca_file",
] as const;

/** What Node says of a connection that could not be made, in ours, and of one that broke. */
const reasons: Readonly<Record<string, readonly [reason: string, words: string]>> = {
  ECONNREFUSED: ["refused", "connection refused; is slurmrestd running?"],
  ENOENT: ["refused", "there is no such socket; is slurmrestd running?"],
  EACCES: ["refused", "this user may not open the socket"],
  ENOTFOUND: ["no-such-host", "no such host"],
  EAI_AGAIN: ["no-such-host", "the host's name cannot be looked up now"],
  EHOSTUNREACH: ["no-route", "no route to the host"],
  ENETUNREACH: ["no-route", "no route to the network"],
  ETIMEDOUT: ["no-answer", "the connection timed out"],
  DEPTH_ZERO_SELF_SIGNED_CERT: unsigned,
  SELF_SIGNED_CERT_IN_CHAIN: unsigned,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unsigned,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unsigned,
  CERT_HAS_EXPIRED: ["untrusted", "its certificate has expired"],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "untrusted",
    "its certificate is for another host; write the host's name in url as the certificate has it",
  ],
  ECONNRESET: ["lost", "the connection was closed before the answer"],
  EPIPE: ["lost", "the connection was closed before the answer"],
};

/** What Node's parser makes of anything but an answer, as after the end of the one before on the same connection. */
const noHttp = ["lost", "what came on the connection was no HTTP"] as const;

function unanswered(place: string, request: string, said: string, sent: boolean, cause?: Error): SluiceError {
  const code = cause !== undefined && "code" in cause ? String(cause.code) : "";
  const known = code.startsWith("HPE_") ? noHttp : reasons[code];
  const [reason, meaning] = known ?? [sent ? "no-answer" : "no-connection", said];
  return new SluiceError("CLUSTER_UNREACHABLE", `slurmrestd at ${place} does not answer ${request}: ${meaning}`, {
    cause,
    details: { hop: "slurmrestd", place, reason, mayHaveRun: sent },
  });
}

function cancelled(place: string, request: string, sent: boolean): SluiceError {
  return new SluiceError("CANCELLED", `asked to stop while slurmrestd at ${place} was to answer ${request}`, {
    details: { mayHaveRun: sent },
  });
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
