import { isErrorCode } from "../error-codes.ts";
import { SluiceError } from "../errors.ts";
import { systemClock, type Clock } from "../jobs/clock.ts";
import { Problem } from "../schema/api-problem.ts";

/** How requests travel: `fetch`, or anything that stands in for it. */
export type Fetch = (request: Request) => Promise<Response>;

export interface TransportOptions {
  /** `http://127.0.0.1:7373` */
  readonly url: string;
  readonly token?: string;
  readonly fetch?: Fetch;
  /** How often a request is made at most; 5 where left out. */
  readonly attempts?: number;
  readonly clock?: Clock;
  /** From 0 up to 1; spreads the tries of many clients. */
  readonly random?: () => number;
}

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as they are, instead of a body. */
  readonly bytes?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Once more would be one too many: a failure is not tried again. */
  readonly once?: boolean;
}

interface Failed {
  readonly error: SluiceError;
  /** Whether that may help. */
  readonly retry: boolean;
  readonly afterMs?: number;
}

const firstDelayMs = 200;
const longestDelayMs = 10_000;

/** Makes requests, again where that may help, and turns problems into the errors that they were at the gateway. */
export class Transport {
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #fetch: Fetch;
  readonly #attempts: number;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor({
    url,
    token,
    fetch = globalThis.fetch,
    attempts = 5,
    clock = systemClock,
    random = Math.random,
  }: TransportOptions) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#fetch = fetch;
    this.#attempts = attempts;
    this.#clock = clock;
    this.#random = random;
  }

  /** The whole answer to a request, if it is a good one. Throws `CANCELLED`, and all that the gateway throws. */
  async ask(asked: Asked): Promise<Uint8Array> {
    return this.#untilGood(asked, async (response) => new Uint8Array(await response.arrayBuffer()));
  }

  /** An answer that is read as it comes. Throws as `ask`. */
  async open(asked: Asked): Promise<Response> {
    return this.#untilGood(asked, async (response) => response);
  }

  /** Waits before the next try: longer each time, and never as long as all others do. */
  async pause(attempt: number, signal: AbortSignal | undefined, leastMs = 0): Promise<void> {
    const bound = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 10));
    await this.#clock.sleep(Math.max(leastMs, bound * (0.5 + this.#random() / 2)), signal ?? never);
  }

  /** Resolves to nothing, after so long or when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(milliseconds, signal);
  }

  async #untilGood<T>(asked: Asked, read: (response: Response) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#try(asked, read);
      if ("answer" in outcome) return outcome.answer;
      const last = attempt >= this.#attempts || asked.once === true || !outcome.retry;
      if (last || asked.signal?.aborted === true) throw outcome.error;
      await this.pause(attempt, asked.signal, outcome.afterMs);
    }
  }

  async #try<T>(
    { method, path, headers = {}, body, bytes, signal }: Asked,
    read: (response: Response) => Promise<T>,
  ): Promise<{ readonly answer: T } | Failed> {
    // A fetch that leads to a gateway in this process heeds no signal by itself.
    if (isAborted(signal)) return { error: stopped(signal?.reason), retry: false };
    const request = new Request(`${this.#url}${path}`, {
      method,
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(bytes !== undefined && { "content-type": "application/octet-stream" }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(bytes !== undefined && { body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }),
      ...(signal !== undefined && { signal }),
    });
    let response: Response;
    try {
      response = await this.#fetch(request);
      // One that breaks off within its answer is as one that never answered.
      if (response.ok) return { answer: await read(response) };
    } catch (cause) {
      if (isAborted(signal)) return { error: stopped(cause), retry: false };
      return { error: unreachable(this.#url, cause), retry: true };
    }
    const { error, retry } = await readProblem(response, this.#url);
    const after = Number(response.headers.get("retry-after") ?? 0);
    return { error, retry, afterMs: Number.isFinite(after) ? after * 1000 : 0 };
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function stopped(cause: unknown): SluiceError {
  return new SluiceError("CANCELLED", "stopped as asked", { cause });
}

const never = new AbortController().signal;

/** The gateway itself does not answer. */
export function unreachable(url: string, cause: unknown): SluiceError {
  return new SluiceError(
    "GATEWAY_UNREACHABLE",
    `the gateway at ${url} does not answer; is \`sluice serve\` running there?`,
    {
      cause,
    },
  );
}

async function readProblem(response: Response, url: string): Promise<Failed> {
  const text = await response.text().catch(() => "");
  const problem = Problem.safeParse(parseJson(text)).data;
  if (problem === undefined) {
    const error = new SluiceError(
      "REPLY_UNREADABLE",
      `${url} answered ${response.status} with no problem of ours; is it a Sluice gateway?`,
    );
    return { error, retry: response.status >= 502 };
  }
  return { error: toError(problem), retry: problem.retry };
}

/** The error that a problem was at the gateway. */
export function toError(problem: Problem): SluiceError {
  const { code, detail, status, details = {} } = problem;
  if (code !== undefined && isErrorCode(code)) return new SluiceError(code, detail, { details });
  return new SluiceError("REPLY_UNREADABLE", `the gateway refused (${status}): ${detail}`, {
    details: { status },
  });
}

/** `undefined` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `?a=1&b=2&b=3`; nothing where there is nothing to say. */
export function queryText(query: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) {
      if (typeof one === "string" || typeof one === "number" || typeof one === "boolean") search.append(name, `${one}`);
    }
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
