import type { Clock } from "../clock.ts";
import type { RequestBudget } from "../cluster.ts";

/**
 * Keeps the requests to one cluster within its budget. Who asks first is served first, but for those that say they are
 * urgent: a person waits for them.
 */
export class TokenBucket {
  readonly #clock: Clock;
  #budget: RequestBudget;
  #tokens: number;
  #filledAt: number;
  readonly #waiting: { readonly urgent: boolean; readonly serve: () => void }[] = [];
  #isServing = false;
  #sleep = new AbortController();

  constructor(budget: RequestBudget, clock: Clock) {
    this.#clock = clock;
    this.#budget = budget;
    this.#tokens = budget.burst;
    this.#filledAt = clock.now();
  }

  /** The budget from now on. */
  resize(budget: RequestBudget): void {
    this.#refill();
    this.#budget = budget;
    this.#tokens = Math.min(this.#tokens, budget.burst);
  }

  /** Resolves when one request may be sent; at once, without a token, when the signal aborts. */
  async take(signal: AbortSignal, urgent = false): Promise<void> {
    if (signal.aborted) return;
    this.#refill();
    if (this.#waiting.length === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return;
    }
    await new Promise<void>((resolve) => {
      const place = { urgent, serve: resolve };
      const firstPatient = urgent ? this.#waiting.findIndex((other) => !other.urgent) : -1;
      this.#waiting.splice(firstPatient === -1 ? this.#waiting.length : firstPatient, 0, place);
      signal.addEventListener(
        "abort",
        () => {
          const index = this.#waiting.indexOf(place);
          if (index >= 0) this.#waiting.splice(index, 1);
          // A slow budget's sleep would outlive everybody who waits for it, and keep the process.
          if (this.#waiting.length === 0) this.#sleep.abort();
          resolve();
        },
        { once: true },
      );
      void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#waiting.length > 0) {
      this.#refill();
      if (this.#tokens >= 1) {
        this.#tokens -= 1;
        this.#waiting.shift()?.serve();
      } else {
        const missingMs = ((1 - this.#tokens) / this.#budget.perSecond) * 1000;
        this.#sleep = new AbortController();
        await this.#clock.sleep(Math.max(1, Math.ceil(missingMs)), this.#sleep.signal);
      }
    }
    this.#isServing = false;
  }

  #refill(): void {
    const now = this.#clock.now();
    const { burst, perSecond } = this.#budget;
    const passed = Math.max(0, now - this.#filledAt) / 1000;
    this.#tokens = perSecond === Infinity ? burst : Math.min(burst, this.#tokens + passed * perSecond);
    this.#filledAt = now;
  }
}
