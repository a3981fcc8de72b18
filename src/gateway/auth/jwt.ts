import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import { SluiceError } from "../../errors.ts";
import { TokenScope } from "../../schema/api-token.ts";
import type { Identity } from "../call.ts";
import { createDiscovery } from "./discovery.ts";

/** Checks JSON Web Tokens of an OpenID provider. */
export interface JwtVerifier {
  /** `undefined` for a token that is not to be believed. Throws `DEADLINE_EXCEEDED` where the provider's keys cannot be had. */
  readonly verify: (token: string) => Promise<Identity | undefined>;
}

export interface JwtSettings {
  readonly issuer: string;
  /** For whom a token must have been made: a token for another service is not ours. */
  readonly audience: string;
  /** Where the provider has its keys, where it does not say so itself; a new key is fetched when a token first names it. */
  readonly jwksUrl?: string;
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

/**
 * Checks signature, issuer, audience and expiry. The provider is first asked for its keys when a token comes, so that it may
 * be away while a gateway starts.
 */
export function createJwtVerifier({
  issuer,
  audience,
  jwksUrl,
  subjectClaim = "sub",
  scopeClaim,
  cooldownMs = 10_000,
}: JwtSettings): JwtVerifier {
  const findKeys =
    jwksUrl === undefined ? createDiscovery({ issuer, cooldownMs }) : (): Promise<string> => Promise.resolve(jwksUrl);
  let known: { readonly url: string; readonly keys: JWTVerifyGetKey } | undefined;
  const keySet = async (): Promise<JWTVerifyGetKey> => {
    const url = await findKeys();
    if (known?.url !== url) {
      const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: 5_000, cooldownDuration: cooldownMs });
      known = { url, keys };
    }
    return known.keys;
  };
  return {
    async verify(token) {
      const keys = await keySet();
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
        // An address that nobody has shown to be theirs is no name: OpenID Connect Core 1.0, section 5.1.
        if (subjectClaim === "email" && payload["email_verified"] === false) return undefined;
        return { caller: { subject, role: scopeOf(payload, scopeClaim) }, tokenId: `oidc:${subject}` };
      } catch (cause) {
        // A key that is not known is a token that is not believed; a provider that does not answer is another matter.
        const isAbsent =
          cause instanceof errors.JWKSTimeout ||
          (cause instanceof errors.JOSEError && cause.code === "ERR_JOSE_GENERIC");
        if (cause instanceof errors.JOSEError && !isAbsent) return undefined;
        throw new SluiceError("DEADLINE_EXCEEDED", `the keys of the token's issuer cannot be had from ${known?.url}`, {
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
