import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from "jose";
import { SluiceError } from "../../errors.ts";
import { TokenScope } from "../../schema/api-token.ts";
import type { Identity } from "../call.ts";

/** Checks JSON Web Tokens of an OpenID provider. */
export interface JwtVerifier {
  /** `undefined` for a token that is not to be believed. Throws `DEADLINE_EXCEEDED` where the provider's keys cannot be had. */
  readonly verify: (token: string) => Promise<Identity | undefined>;
}

export interface JwtSettings {
  readonly issuer: string;
  /** For whom a token must have been made: a token for another service is not ours. */
  readonly audience: string;
  /** Where the provider has its keys; a new key is fetched when a token first names it. */
  readonly jwksUrl: string;
  /** The claim that names the user; `sub` where absent. */
  readonly subjectClaim?: string;
  /** The claim that has the scope: a word or a list; without it a token has the scope `user`. */
  readonly scopeClaim?: string;
  /** For so long after a look, a key that is not known is not looked for again; 10 s where absent. */
  readonly cooldownMs?: number;
}

/** Asymmetric ones alone: with a shared secret, who can check a token can make one. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** Checks signature, issuer, audience and expiry. */
export function createJwtVerifier({
  issuer,
  audience,
  jwksUrl,
  subjectClaim = "sub",
  scopeClaim,
  cooldownMs = 10_000,
}: JwtSettings): JwtVerifier {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5_000, cooldownDuration: cooldownMs });
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms,
          requiredClaims: ["exp", subjectClaim],
          clockTolerance: 5,
        });
        const subject = payload[subjectClaim];
        if (typeof subject !== "string" || subject === "") return undefined;
        return { caller: { subject, role: scopeOf(payload, scopeClaim) }, tokenId: `oidc:${subject}` };
      } catch (cause) {
        // A key that is not known is a token that is not believed; a provider that does not answer is another matter.
        const isAbsent =
          cause instanceof errors.JWKSTimeout ||
          (cause instanceof errors.JOSEError && cause.code === "ERR_JOSE_GENERIC");
        if (cause instanceof errors.JOSEError && !isAbsent) return undefined;
        throw new SluiceError("DEADLINE_EXCEEDED", `the keys of the token's issuer cannot be had from ${jwksUrl}`, {
          cause,
        });
      }
    },
  };
}

/** The greatest scope that the claim names; a token without any that we know is a viewer's. */
function scopeOf(payload: JWTPayload, claim: string | undefined): TokenScope {
  if (claim === undefined) return "user";
  const value = payload[claim];
  const words: readonly unknown[] =
    typeof value === "string" ? value.split(/[\s,]+/) : Array.isArray(value) ? value : [];
  return [...TokenScope.options].reverse().find((scope) => words.includes(scope)) ?? "viewer";
}
