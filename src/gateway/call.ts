import type { Clock } from "../jobs/clock.ts";
import type { Caller, JobService } from "../jobs/job-service.ts";
import type { JobStore } from "../jobs/store.ts";
import type { JwtVerifier } from "./auth/jwt.ts";
import type { Metrics } from "./metrics.ts";
import type { TopologyDoorDeps } from "./topology/topology-door.ts";

/** What the gateway stands on. */
export interface GatewayDeps {
  readonly service: JobService;
  readonly tokens: Pick<JobStore, "findToken">;
  /** Absent: JWTs are refused as any other unknown token. */
  readonly jwt?: JwtVerifier;
  readonly clock: Clock;
  /** For whom a door speaks that asks for no token: this process, a unix socket, or `--no-auth`. */
  readonly localCaller: Caller;
  /** The hash of the local user's own token, whose bearer is known to be who runs this process. */
  readonly localTokenHash?: string;
  /** Takes one line of the log: fields, no sentence, no secret. */
  readonly log: (record: Readonly<Record<string, unknown>>) => void;
  readonly metrics: Metrics;
  /** Per token. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  /** How long a stream is silent before a comment shows that it lives. */
  readonly heartbeatMs: number;
  /** Aborts when the gateway closes: streams end then. */
  readonly closing: AbortSignal;
  readonly version: string;
  /** Where this gateway serves topology, too. */
  readonly topology?: TopologyDoorDeps;
}

/** Through which door a request came. */
export interface Door {
  /** Its folder, file mode or process says who comes: no token is asked for. */
  readonly trusted: boolean;
  /** For whom the connection speaks, where the kernel has said who is at its other end: no token is asked for. */
  readonly caller?: Caller;
  /** Host names under which the door may be called; absent where any is right. Guards against DNS rebinding. */
  readonly hosts?: ReadonlySet<string>;
}

/** What Hono hands through the middleware. */
export interface GatewayEnv {
  Bindings: Door;
  Variables: { requestId: string; operation?: string; who?: Identity };
}

/** Who calls, and by which token. */
export interface Identity {
  readonly caller: Caller;
  /** The token's id, never itself; `local` where none was asked for. */
  readonly tokenId: string;
}

/** One request, as a handler sees it. */
export interface Call {
  readonly caller: Caller;
  /** Whether the caller showed who it is; false for public operations without a token. */
  readonly isKnown: boolean;
  readonly headers: Headers;
  /** Aborts when the caller goes away or the gateway closes. */
  readonly signal: AbortSignal;
  /** Of the answer; the operation's own status unless a handler sets another. */
  readonly respond: { status: number; readonly headers: Headers };
}
