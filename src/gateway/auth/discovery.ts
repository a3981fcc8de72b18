import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import { isLoopback } from "../listen.ts";

const deadlineMs = 5_000;
/** A provider's description of itself has a few kilobytes. */
const maxBytes = 256 * 1024;
/** After so long it is read anew, in case the keys have moved. */
const freshMs = 3_600_000;

/** What counts of it: OpenID Connect Discovery 1.0, section 3. */
const Metadata = z.object({ issuer: z.string(), jwks_uri: z.url() });

export interface DiscoveryOptions {
  /** As tokens name it, to the letter. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** For so long after a look that failed the provider is not asked again. */
  readonly cooldownMs: number;
}

/**
 * Finds where an OpenID provider has its keys, from what it says at `ISSUER/.well-known/openid-configuration`. It has to call
 * itself what it was asked as (section 4.3), or a provider could answer for another. What was found counts while the
 * provider is away. Throws `DEADLINE_EXCEEDED` where nothing was found yet.
 */
export function createDiscovery({ issuer, now = Date.now, cooldownMs }: DiscoveryOptions): () => Promise<string> {
  const url = `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`;
  let found: { readonly keys: string; readonly at: number } | undefined;
  let failed: { readonly error: SluiceError; readonly at: number } | undefined;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    try {
      found = { keys: await readKeysUrl(url, issuer), at: now() };
      failed = undefined;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const words = `the OpenID provider cannot be asked where its keys are: ${url}: ${why}`;
      failed = { error: new SluiceError("DEADLINE_EXCEEDED", words, { cause }), at: now() };
    } finally {
      looking = undefined;
    }
  };

  return async () => {
    const isCooling = failed !== undefined && now() - failed.at < cooldownMs;
    if ((found === undefined || now() - found.at >= freshMs) && !isCooling) await (looking ??= look());
    if (found !== undefined) return found.keys;
    throw failed?.error ?? new Error("a look at the provider left neither answer nor error");
  };
}

/** Whether tokens and keys may travel to this address: by TLS, or within this machine. */
export function isSafe(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

async function readKeysUrl(url: string, issuer: string): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(deadlineMs),
  });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  const { issuer: named, jwks_uri } = Metadata.parse(JSON.parse(await boundedText(response)));
  if (named !== issuer) throw new Error(`it calls itself ${JSON.stringify(named.slice(0, 200))}, not ${issuer}`);
  if (!isSafe(new URL(jwks_uri))) throw new Error("its jwks_uri is no https address");
  return jwks_uri;
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`its answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
