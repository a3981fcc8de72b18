/** Who has not called for so long is forgotten. */
const forgetAfterMs = 60_000;

/** Lets each key make so many requests per second, after a burst (a token bucket). Time is handed in, in milliseconds. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { left: number; at: number }>();
  #sweptAt = 0;

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** 0 where the request may go on; else in how many whole seconds it may come again. */
  take(key: string, now: number): number {
    this.#sweep(now);
    const { left, at } = this.#buckets.get(key) ?? { left: this.#burst, at: now };
    const filled = Math.min(this.#burst, left + ((now - at) / 1000) * this.#perSecond);
    const granted = filled >= 1;
    this.#buckets.set(key, { left: granted ? filled - 1 : filled, at: now });
    return granted ? 0 : Math.max(1, Math.ceil((1 - filled) / this.#perSecond));
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < forgetAfterMs) return;
    this.#sweptAt = now;
    for (const [key, { at }] of this.#buckets) if (now - at > forgetAfterMs) this.#buckets.delete(key);
  }
}
