import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Clock, systemClock } from "../jobs/clock.ts";
import { TopologyError } from "./topology-error.ts";
import { credentialsIn, withoutSecrets } from "./without-secrets.ts";

/** An HTTP request whose answer is small enough to be held in memory. */
export interface FetchRequest {
  readonly url: URL;
  /** `GET` where left out. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What of the request no message may hold, besides the header `authorization`. */
  readonly secrets?: readonly string[];
  /** Takes any certificate: for appliances that are reached by their address. */
  readonly insecureTls?: boolean;
  /** A longer answer is refused; 64 MiB where left out. */
  readonly maxBytes?: number;
  /** How long one try may take, in milliseconds; 60 s where left out. No answer by then is a failure of transport. */
  readonly deadlineMs?: number;
}

/** A 2xx answer. Names of headers are in small letters. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface FetchDeps {
  /** The clock on the wall where left out. */
  readonly clock?: Clock;
  /** Hears of every try that is repeated; the line holds neither headers nor query nor body of the request. */
  log?(message: string): void;
}

const tries = 5;
const firstWaitMs = 500;
const longestRetryAfterMs = 5 * 60_000;
const longestAnswerBytes = 64 * 1024 * 1024;
/** What a server says of a failure is kept, logged and shown; the rest of a page without an end is not. */
const longestReason = 64 * 1024;
const tryDeadlineMs = 60_000;
const mostRedirects = 10;
const retriable: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether what ended with this status may go well another time. */
export function isRetriable(status: number): boolean {
  return retriable.has(status);
}

/**
 * Sends a request and hands out the 2xx answer. The statuses 408, 429, 500, 502, 503 and 504 and failures of transport are
 * tried five times in all, 500 ms, 1 s, 2 s and 4 s apart, or as far as `Retry-After` says, five minutes at most.
 *
 * Throws `TopologyError`: the server's status with its body as the message; 502 where the server could not be asked; 500
 * where its answer broke off. No message holds anything of the request but its method, host and path, and a server's words
 * neither its secrets, should the server repeat them. An aborted signal throws its reason.
 */
export async function retryingFetch(
  request: FetchRequest,
  signal: AbortSignal,
  deps: FetchDeps = {},
): Promise<FetchedResponse> {
  const clock = deps.clock ?? systemClock;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptFetch(request, signal);
    if ("response" in outcome) return outcome.response;
    const { failure, retryAfter, final } = outcome;
    if (final === true || attempt === tries || !isRetriable(failure.status)) throw failure;
    const waitMs = retryAfterMs(retryAfter, clock.now()) ?? firstWaitMs * 2 ** (attempt - 1);
    deps.log?.(`${shown(request)} failed with status ${failure.status}; trying again in ${waitMs} ms`);
    await clock.sleep(waitMs, signal);
    signal.throwIfAborted();
  }
}

/**
 * How long a server asks to be left alone, in milliseconds: `Retry-After` in seconds or as an HTTP date, five minutes at
 * most. `undefined` where it says nothing that can be read, or names a time that has passed.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (/^\+?\d+$/.test(value)) return Math.min(Number(value) * 1000, longestRetryAfterMs);
  // An HTTP date begins with the name of a weekday; Date.parse takes far more than that.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const delay = Date.parse(value) - now;
  return delay > 0 ? Math.min(delay, longestRetryAfterMs) : undefined;
}

type Outcome =
  | { readonly response: FetchedResponse }
  /** `final` where another try would end the same way. */
  | { readonly failure: TopologyError; readonly retryAfter?: string | undefined; readonly final?: boolean };

async function attemptFetch(request: FetchRequest, signal: AbortSignal): Promise<Outcome> {
  signal.throwIfAborted();
  const deadlineMs = request.deadlineMs ?? tryDeadlineMs;
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const response = await follow(request, AbortSignal.any([signal, deadline]));
    if (response.status >= 200 && response.status < 300) return { response };
    const retryAfter = response.headers["retry-after"];
    return {
      failure: new TopologyError(response.status, wordsOf(response.body, request)),
      retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TopologyError && !deadline.aborted) return { failure: error, final: error.status !== 500 };
    if (isInvalidHeader(error)) {
      const words = `${shown(request)}: a header cannot be sent: ${error.message}`;
      return { failure: new TopologyError(400, words), final: true };
    }
    const reason = deadline.aborted ? `no answer within ${deadlineMs} ms` : reasonOf(error);
    return { failure: new TopologyError(502, `${shown(request)}: ${reason}`, { cause: error }) };
  }
}

/** One exchange, and those that the server's redirections ask for. */
async function follow(request: FetchRequest, signal: AbortSignal): Promise<FetchedResponse> {
  let current = request;
  for (let redirects = 0; ; redirects++) {
    const response = await exchange(current, signal);
    const location = response.headers["location"];
    if (![301, 302, 303, 307, 308].includes(response.status) || typeof location !== "string") return response;
    if (redirects === mostRedirects) {
      throw new TopologyError(502, `${shown(request)}: stopped after ${mostRedirects} redirects`);
    }
    current = redirected(current, location, response.status);
  }
}

/** Credentials do not follow to another host, nor out of TLS; a body, which may hold some, is not sent there at all. */
function redirected(request: FetchRequest, location: string, status: number): FetchRequest {
  const url = URL.parse(location, request.url.href);
  if (url === null) throw new TopologyError(502, `${shown(request)}: the server's redirection cannot be read`);
  const trusted = url.host === request.url.host && (url.protocol === request.url.protocol || url.protocol === "https:");
  const { body, headers, ...rest } = request;
  const kept = Object.entries(headers ?? {}).filter(([name]) => trusted || /^(accept|content-type)$/i.test(name));
  const next = { ...rest, url, headers: Object.fromEntries(kept) };
  const keepsMethod = status === 307 || status === 308 || (request.method ?? "GET") === "GET";
  if (!keepsMethod) return { ...next, method: "GET" };
  if (body === undefined) return next;
  if (trusted) return { ...next, body };
  throw new TopologyError(502, `${shown(request)}: the server's redirection leads elsewhere, where nothing is sent`);
}

function exchange(request: FetchRequest, signal: AbortSignal): Promise<FetchedResponse> {
  return new Promise((resolve, reject) => {
    open(request, signal, (message) => {
      readBody(message, request).then(
        (body) => resolve({ status: message.statusCode ?? 0, headers: message.headers, body }),
        reject,
      );
    })
      .on("error", reject)
      .end(request.body);
  });
}

function open(request: FetchRequest, signal: AbortSignal, take: (message: IncomingMessage) => void): ClientRequest {
  const { url, method = "GET", headers = {} } = request;
  const options = { method, headers, signal };
  if (url.protocol === "http:") return httpRequest(url, options, take);
  if (url.protocol === "https:") {
    return httpsRequest(url, request.insecureTls === true ? { ...options, rejectUnauthorized: false } : options, take);
  }
  throw new TopologyError(400, `${shown(request)}: unsupported protocol scheme "${url.protocol.slice(0, -1)}"`);
}

async function readBody(message: IncomingMessage, request: FetchRequest): Promise<string> {
  const limit = request.maxBytes ?? longestAnswerBytes;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new TopologyError(502, `${shown(request)}: the answer is longer than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof TopologyError || isAbort(error)) throw error;
    throw new TopologyError(500, `failed to read HTTP response: ${reasonOf(error)}`, { cause: error });
  }
  return Buffer.concat(chunks, size).toString("utf8");
}

function wordsOf(body: string, { headers = {}, secrets = [] }: FetchRequest): string {
  const words = withoutSecrets(body, [...credentialsIn(headers), ...secrets]);
  return words.length > longestReason ? `${words.slice(0, longestReason)}…` : words;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** Node's words name the header alone, never its value. */
function isInvalidHeader(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_INVALID_CHAR";
}

function reasonOf(error: unknown): string {
  // Attempts at several addresses of a host end in one error of many, without words of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** What may be said of a request: never its query, user, headers or body. */
function shown({ url, method = "GET" }: FetchRequest): string {
  return `${method} ${url.protocol}//${url.host}${url.pathname}`;
}
