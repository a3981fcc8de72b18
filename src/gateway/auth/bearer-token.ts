import { createHash, randomBytes } from "node:crypto";
import type { ApiToken, TokenScope } from "../../schema/api-token.ts";
import { defined } from "../../schema/defined.ts";
import { newId } from "../../schema/new-id.ts";

/** How a token looks, so that people and scanners of secrets recognise one. */
const prefix = "sluice_";

/** What is kept of a token. It has 256 random bits, so one round of SHA-256 is as good as a slow hash. */
export function hashToken(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

export interface TokenRequest {
  readonly scope: TokenScope;
  readonly subject: string;
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly expiresInMs?: number;
}

/** A new token: the secret, which is shown once, and what is kept. */
export function mintToken({ scope, subject, label, now, expiresInMs }: TokenRequest): {
  readonly secret: string;
  readonly token: ApiToken;
} {
  const secret = `${prefix}${randomBytes(32).toString("base64url")}`;
  return { secret, token: toApiToken(secret, { scope, subject, label, now, ...defined({ expiresInMs }) }) };
}

/** What is kept of this secret. */
export function toApiToken(secret: string, { scope, subject, label, now, expiresInMs }: TokenRequest): ApiToken {
  return {
    id: newId(now),
    hash: hashToken(secret),
    scope,
    subject,
    label,
    createdAt: new Date(now).toISOString(),
    ...(expiresInMs !== undefined && { expiresAt: new Date(now + expiresInMs).toISOString() }),
  };
}
