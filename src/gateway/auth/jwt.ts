import type { Identity } from "../call.ts";

/** Checks JSON Web Tokens of an OpenID provider. */
export interface JwtVerifier {
  /** `undefined` for a token that is not to be believed. Throws `DEADLINE_EXCEEDED` where the provider's keys cannot be had. */
  verify(token: string): Promise<Identity | undefined>;
}
