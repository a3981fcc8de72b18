import { randomInt } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../../jobs/clock.ts";
import { retryingFetch } from "../../retrying-fetch.ts";
import { TopologyError } from "../../topology-error.ts";
import type { TopologyHost } from "../../topology-host.ts";
import { readReply } from "../read-reply.ts";
import { requestUrl } from "../request-url.ts";
import { untilAborted } from "../until-aborted.ts";

const exchangePath = "/api/v1/oidc/token";
const usualLifeMs = 60 * 60_000;
const refreshWindowMs = 5 * 60_000;
/** So much of the window is left to chance, so that many pods do not refresh at once. */
const jitter = 0.2;
/** After a refresh that failed, a key that is still good is used for so long before the next. */
const failedRefreshMs = 30_000;
const longestToken = 64 * 1024;

const ExchangeReply = z.object({
  data: z
    .object({
      access_token: z.string().nullish(),
      expires_in: z.number().nullish(),
      expires_at: z.string().nullish(),
    })
    .nullish(),
});

interface Key {
  readonly token: string;
  readonly expiresAtMs: number;
  /** From then on a new one is asked for, while this one is still good. */
  readonly refreshAtMs: number;
}

export interface WorkloadIdentityOptions {
  readonly baseUrl: string;
  /** Lambda's name of the identity. */
  readonly identityLrn: string;
  /** The file in which the kubelet keeps the token of the pod's service account; it is replaced from time to time. */
  readonly tokenPath: string;
  readonly host: Pick<TopologyHost, "runner" | "log">;
  readonly clock: Clock;
  /** A share of 1 for the jitter of refreshes. */
  readonly random?: () => number;
}

/**
 * Exchanges the token of a pod's service account for short-lived keys to Lambda's API, and keeps the key. States: no key;
 * a fresh key; a key that is due for refresh but good; an expired key. One exchange is under way at a time, whose outcome
 * all who wait share. Neither token, key nor reply ever stands in a message.
 */
export class WorkloadIdentity {
  readonly #options: WorkloadIdentityOptions;
  #key: Key | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: WorkloadIdentityOptions) {
    this.#options = options;
  }

  /** A key to send. Throws `TopologyError`. */
  async token(signal: AbortSignal): Promise<string> {
    const fresh = this.#freshToken();
    if (fresh !== undefined) return fresh;
    const turn = this.#turn.then(() => this.#freshToken() ?? this.#refresh(signal));
    this.#turn = turn.catch(() => {});
    return untilAborted(turn, signal);
  }

  /** Forgets a key that was refused, unless another has taken its place meanwhile. */
  invalidate(token: string): void {
    if (this.#key?.token === token) this.#key = undefined;
  }

  #freshToken(): string | undefined {
    const key = this.#key;
    return key !== undefined && this.#options.clock.now() < key.refreshAtMs ? key.token : undefined;
  }

  async #refresh(signal: AbortSignal): Promise<string> {
    const old = this.#key;
    try {
      const key = await this.#exchange(signal);
      this.#key = key;
      return key.token;
    } catch (error) {
      signal.throwIfAborted();
      const now = this.#options.clock.now();
      if (old === undefined || now >= old.expiresAtMs) throw error;
      if (this.#key === old) {
        this.#key = { ...old, refreshAtMs: Math.min(now + failedRefreshMs, old.expiresAtMs) };
      }
      return old.token;
    }
  }

  async #exchange(signal: AbortSignal): Promise<Key> {
    const { baseUrl, identityLrn, host, clock, random = () => randomInt(2 ** 32) / 2 ** 32 } = this.#options;
    const body = JSON.stringify({ token: await this.#serviceAccountToken(signal), identity_lrn: identityLrn });
    const request = {
      url: requestUrl(baseUrl, [exchangePath]),
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    };
    const { body: reply } = await retryingFetch(request, signal, { clock }).catch((error: unknown) => {
      signal.throwIfAborted();
      const status = error instanceof TopologyError ? error.status : 502;
      host.log("warning", `Lambda's exchange of a token failed (status ${status}) for the identity ${identityLrn}`);
      // No cause: what Lambda answered may echo what was sent.
      throw new TopologyError(status, "workload-identity token exchange failed");
    });
    const { data } = readReply(ExchangeReply, reply);
    const token = data?.access_token ?? "";
    if (token === "") throw new TopologyError(502, "token exchange returned empty access_token");
    const now = clock.now();
    const expiresAtMs = expiryOf(data?.expires_at ?? "", data?.expires_in ?? 0, now);
    return { token, expiresAtMs, refreshAtMs: refreshAt(expiresAtMs, now, random()) };
  }

  async #serviceAccountToken(signal: AbortSignal): Promise<string> {
    const { tokenPath, host } = this.#options;
    const read = await host.runner
      .readFile(tokenPath, { offset: 0, maxBytes: longestToken }, signal)
      .catch((error: unknown) => {
        signal.throwIfAborted();
        const reason = error instanceof Error ? error.message : String(error);
        throw new TopologyError(500, `failed to read service-account token ${tokenPath}: ${reason}`);
      });
    if (read === undefined) {
      const reason = `open ${tokenPath}: no such file or directory`;
      throw new TopologyError(500, `failed to read service-account token ${tokenPath}: ${reason}`);
    }
    const token = Buffer.from(read.bytes).toString("utf8").trim();
    if (token === "") throw new TopologyError(500, `service-account token ${tokenPath} is empty`);
    return token;
  }
}

/** `expires_at` where it can be read, else `expires_in` seconds, else an hour. */
function expiryOf(expiresAt: string, expiresInS: number, now: number): number {
  const at = /^\d{4}-\d{2}-\d{2}[Tt]/.test(expiresAt) ? Date.parse(expiresAt) : NaN;
  if (!Number.isNaN(at)) return at;
  return now + (expiresInS > 0 ? expiresInS * 1000 : usualLifeMs);
}

function refreshAt(expiresAtMs: number, now: number, chance: number): number {
  const lifeMs = expiresAtMs - now;
  const windowMs = refreshWindowMs >= lifeMs ? lifeMs / 2 : refreshWindowMs;
  const at = expiresAtMs - windowMs * (1 - chance * jitter);
  return at > now ? at : now + lifeMs / 2;
}
