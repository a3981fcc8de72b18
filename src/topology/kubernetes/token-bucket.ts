import type { Clock } from "../../jobs/clock.ts";
import type { RateLimits } from "./rate-limits.ts";

/** Paces requests: so many at once, then so many per second, in the order in which they were asked for. */
export class TokenBucket {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  /** Below zero while requests wait for tokens that are still to come. */
  #tokens: number;
  #filledAt: number;

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#tokens = limits.burst;
    this.#filledAt = clock.now();
  }

  /** Returns when the next request may go out. Throws the signal's reason where it aborts before; its turn is given back. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { qps, burst } = this.#limits;
    const now = this.#clock.now();
    // A clock that was set back adds nothing.
    const passedMs = Math.max(now - this.#filledAt, 0);
    this.#tokens = Math.min(this.#tokens + (passedMs * qps) / 1000, burst) - 1;
    this.#filledAt = now;
    if (this.#tokens >= 0) return;
    await this.#clock.sleep(Math.ceil((-this.#tokens * 1000) / qps), signal);
    if (!signal.aborted) return;
    this.#tokens++;
    signal.throwIfAborted();
  }
}
