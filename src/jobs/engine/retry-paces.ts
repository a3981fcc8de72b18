import { hasCome, type Clock } from "../clock.ts";

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
    const { at, waitMs } = this.#failing.get(user) ?? { at: 0, waitMs: 0 };
    return hasCome(at, waitMs, this.#clock.now());
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
    const now = this.#clock.now();
    return [...this.#failing.values()].every(({ at, waitMs }) =>
      hasCome(at + pace.longest, waitMs + pace.longest, now),
    );
  }

  /**
   * Milliseconds until the first of those is due who were not at that moment; `undefined` where there is none. Who was due
   * then has had its turn; who has become due since has not.
   */
  untilNext(since: number): number | undefined {
    const now = this.#clock.now();
    const waiting = [...this.#failing.values()].filter(({ at, waitMs }) => !hasCome(at, waitMs, since));
    const waits = waiting.map(({ at, waitMs }) => Math.min(Math.max(at - now, 0), waitMs));
    return waits.length === 0 ? undefined : Math.min(...waits);
  }
}
