import { TopologyError } from "../topology-error.ts";

export interface RateLimits {
  /** Requests per second, in the long run. */
  readonly qps: number;
  /** Requests that may go out at once after a rest. */
  readonly burst: number;
}

/**
 * API servers of these years defend themselves (priority and fairness, with 429 and `Retry-After`, which the client obeys); the five
 * requests per second that Kubernetes' own client allows make minutes of ten thousand patches.
 */
const defaults: RateLimits = { qps: 100, burst: 200 };

/** Reads `KUBE_QPS` and `KUBE_BURST`; what is unset or 0 has the default of 100 and 200. Throws `TopologyError` (400). */
export function rateLimits(environment: Readonly<Record<string, string | undefined>>): RateLimits {
  const qps = (environment["KUBE_QPS"] ?? "").trim();
  const burst = (environment["KUBE_BURST"] ?? "").trim();
  if (!/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^$/i.test(qps) || !Number.isFinite(Number(qps))) {
    throw new TopologyError(400, "KUBE_QPS must be a non-negative number");
  }
  if (!/^\+?\d{1,10}$|^$/.test(burst)) throw new TopologyError(400, "KUBE_BURST must be a non-negative integer");
  return { qps: Number(qps) || defaults.qps, burst: Number(burst) || defaults.burst };
}
