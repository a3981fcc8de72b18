import type { GatewayDeps, Identity } from "../call.ts";
import { hashToken } from "./bearer-token.ts";

/** Longer ones are no tokens, and are not hashed. */
const longestToken = 16_384;

/**
 * Whose request it is, by its `Authorization` header; `undefined` for a token that is unknown, revoked or expired. A token
 * is looked up by its hash, so the time that it takes says nothing about any other. Throws `STORE_UNAVAILABLE`.
 */
export async function authenticate(
  authorization: string | undefined,
  { tokens, jwt, clock, localTokenHash }: Pick<GatewayDeps, "tokens" | "jwt" | "clock" | "localTokenHash">,
): Promise<Identity | undefined> {
  const secret = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  if (secret === undefined || secret.length > longestToken) return undefined;
  if (jwt !== undefined && secret.split(".").length === 3) return jwt.verify(secret);
  const hash = hashToken(secret);
  const token = await tokens.findToken(hash);
  if (token === undefined || token.revokedAt !== undefined) return undefined;
  if (token.expiresAt !== undefined && Date.parse(token.expiresAt) <= clock.now()) return undefined;
  const isLocal = hash === localTokenHash;
  return { caller: { subject: token.subject, role: token.scope, ...(isLocal && { isLocal }) }, tokenId: token.id };
}
