import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from "node:https";
import type { Clock } from "../../jobs/clock.ts";
import { KubernetesError } from "../kubernetes-api.ts";
import { retryAfterMs } from "../retrying-fetch.ts";
import { credentialsIn, withoutSecrets } from "../without-secrets.ts";
import { toKubernetesError } from "./api-objects.ts";
import type { LoadedKubeconfig } from "./load-kubeconfig.ts";
import type { TokenBucket } from "./token-bucket.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface ApiServerDeps {
  readonly kubeconfig: LoadedKubeconfig;
  readonly bucket: TokenBucket;
  readonly clock: Clock;
  readonly log: (message: string) => void;
  /** How long a server may take to answer, in milliseconds. */
  readonly deadlineMs: number;
}

/** Tries that a server asks for with `Retry-After`, as many as Kubernetes' own client makes. */
const mostTries = 10;
/** Tries of a request whose connection broke; one that creates is tried once, for nobody knows what came of it. */
const mostBrokenTries = 3;
const connectionsAtOnce = 64;
const longestAnswerBytes = 512 * 1024 * 1024;

interface Answer {
  readonly message: IncomingMessage;
  /** What the request was authenticated with; the server may repeat it. */
  readonly credentials: readonly string[];
}

/** Requests to one API server: paced, authenticated, tried again where the server asks for it. */
export class ApiServer {
  readonly #deps: ApiServerDeps;
  #agent: { readonly key: string; readonly agent: HttpAgent } | undefined;

  constructor(deps: ApiServerDeps) {
    this.#deps = deps;
  }

  /** Answers with the text of a 2xx. Throws `KubernetesError`. */
  async text(request: ApiRequest, signal: AbortSignal): Promise<string> {
    return readText(await this.#open(request, signal), this.#deps.deadlineMs);
  }

  /**
   * Answers with what comes, as it comes; the server may take its time between the parts, but not longer than `silenceMs`.
   * Throws `KubernetesError`.
   */
  async stream(request: ApiRequest, silenceMs: number, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    return chunksOf(await this.#open(request, signal), silenceMs);
  }

  async #open(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { bucket, clock, kubeconfig, log } = this.#deps;
    let hasNewToken = false;
    for (let attempt = 1; ; attempt++) {
      await bucket.take(signal);
      let answer: Answer;
      try {
        answer = await this.#send(request, signal);
      } catch (error) {
        signal.throwIfAborted();
        const failure = unreachable(request, error);
        if (request.method === "POST" || attempt >= mostBrokenTries) throw failure;
        await clock.sleep(200 * 2 ** attempt, signal);
        continue;
      }
      const { message, credentials } = answer;
      const status = message.statusCode ?? 0;
      if (status >= 200 && status < 300) return message;
      const words = withoutSecrets(await readText(message, this.#deps.deadlineMs), credentials);
      const failure = toKubernetesError(status, words);
      if (status === 401 && !hasNewToken && (await kubeconfig.tokenFile?.read()) === true) {
        hasNewToken = true;
        continue;
      }
      const waitMs = retryAfterMs(message.headers["retry-after"], clock.now());
      const isAsked = (status === 429 || status >= 500) && waitMs !== undefined;
      if (!isAsked || attempt >= mostTries) throw failure;
      log(`${request.method} ${request.path}: ${failure.message}; trying again in ${waitMs} ms`);
      await clock.sleep(waitMs, signal);
    }
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    const { kubeconfig, deadlineMs } = this.#deps;
    const server = kubeconfig.config.getCurrentCluster()?.server ?? "";
    const url = new URL(server.replace(/\/+$/, "") + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const options: RequestOptions = { headers: {} };
    await kubeconfig.config.applyToHTTPSOptions(options);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = {
      ...plainHeaders(options.headers),
      accept: "application/json",
      "user-agent": "sluice",
      ...(body !== undefined && {
        "content-type": request.contentType ?? "application/json",
        "content-length": String(Buffer.byteLength(body)),
      }),
    };
    const agent =
      kubeconfig.config.getCurrentCluster()?.proxyUrl === undefined ? this.#agentFor(url, options) : options.agent;
    const credentials = credentialsIn(headers);
    return new Promise((resolve, reject) => {
      const take = (message: IncomingMessage): void => resolve({ message, credentials });
      const send = url.protocol === "http:" ? httpRequest : httpsRequest;
      // The rest of `options` is what TLS needs.
      const sent = send(url, { ...options, agent, headers, method: request.method, signal }, take);
      const expired = setTimeout(() => sent.destroy(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
      sent.on("response", () => clearTimeout(expired));
      sent.on("error", (error) => {
        clearTimeout(expired);
        reject(error);
      });
      sent.end(body);
    });
  }

  /** Connections are kept as long as certificates stay the same: a kubeconfig's may be renewed. */
  #agentFor(url: URL, { ca, cert, key, rejectUnauthorized, servername }: RequestOptions): HttpAgent {
    const identity = [ca, cert, key, rejectUnauthorized, servername].map(String).join("\n");
    if (this.#agent?.key === identity) return this.#agent.agent;
    this.#agent?.agent.destroy();
    const kept = { keepAlive: true, maxSockets: connectionsAtOnce };
    const agent = url.protocol === "http:" ? new HttpAgent(kept) : new HttpsAgent(kept);
    this.#agent = { key: identity, agent };
    return agent;
  }
}

/** The parts of an answer; after a silence of so many milliseconds it is given up. */
async function* chunksOf(message: IncomingMessage, silenceMs: number): AsyncGenerator<Buffer> {
  const parts: AsyncIterator<Buffer> = message[Symbol.asyncIterator]();
  try {
    for (;;) {
      // Only while something is waited for: who reads may take longer than the server.
      const silence = setTimeout(() => message.destroy(new Error(`nothing came for ${silenceMs} ms`)), silenceMs);
      const next = await parts.next().finally(() => clearTimeout(silence));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    message.destroy();
  }
}

async function readText(message: IncomingMessage, silenceMs: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of chunksOf(message, silenceMs)) {
      size += chunk.length;
      if (size > longestAnswerBytes) throw new Error(`the answer is longer than ${longestAnswerBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new KubernetesError(0, `the API server's answer broke off: ${why}`, { cause: error });
  }
  return Buffer.concat(chunks, size).toString("utf8");
}

/** Says nothing of the request but its method and path. */
function unreachable({ method, path }: ApiRequest, error: unknown): KubernetesError {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const why = first instanceof Error ? first.message : String(first);
  return new KubernetesError(0, `${method} ${path}: ${why}`, { cause: error });
}

function plainHeaders(headers: RequestOptions["headers"]): Record<string, string> {
  if (headers === undefined || Array.isArray(headers)) return {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
