import type { Clock } from "../clock.ts";

/** Waits between two attempts in milliseconds. */
const pace = { first: 250, factor: 2, longest: 10_000 } as const;

/**
 * When it is worth while to try again, for each Unix user as whom jobs run (`undefined`: the one that Sluice itself is): a
 * user whom a login node does not let in must not hold up the jobs of others.
 */
export class RetryPaces {
  readonly #clock: Clock;
  readonly #failing = new Map<string | undefined, { readonly at: number; readonly waitMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isDue(user: string | undefined): boolean {
    return (this.#failing.get(user)?.at ?? 0) <= this.#clock.now();
  }

  succeeded(user: string | undefined): void {
    this.#failing.delete(user);
  }

  failed(user: string | undefined): void {
    const waitMs = Math.min((this.#failing.get(user)?.waitMs ?? pace.first / pace.factor) * pace.factor, pace.longest);
    this.#failing.set(user, { at: this.#clock.now() + waitMs, waitMs });
  }

  /** Whether nobody fails, but for those as whom nothing has been tried since. */
  get isClear(): boolean {
    return [...this.#failing.values()].every(({ at }) => at + pace.longest < this.#clock.now());
  }

  /** Milliseconds until the first of those who wait is due; `undefined` where nobody waits. */
  untilNext(): number | undefined {
    const waits = [...this.#failing.values()].map(({ at }) => at - this.#clock.now()).filter((wait) => wait > 0);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }
}
