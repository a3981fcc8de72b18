import { z } from "zod";

/** What the bearer of a token may do, each more than the one before. */
export const tokenScopes = ["viewer", "user", "operator", "admin"] as const;
export const TokenScope = z.enum(tokenScopes);
export type TokenScope = z.infer<typeof TokenScope>;

/** A bearer token as it is kept: its hash, never itself. */
export const ApiToken = z.strictObject({
  id: z.string().min(1),
  /** SHA-256 of the token, in hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  scope: TokenScope,
  /** For whom it speaks: the owner of the jobs that it submits. */
  subject: z.string().min(1, "takes a name"),
  /** For people: what it is used for. */
  label: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
});
export type ApiToken = z.infer<typeof ApiToken>;
