import type { Clock } from "../../jobs/clock.ts";

/** Counts what has changed, so that any number of changes is one piece of work. */
export class Changes {
  readonly #clock: Clock;
  #count = 0;
  #next = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many changes there have been. */
  get count(): number {
    return this.#count;
  }

  add(): void {
    this.#count++;
    this.#next.abort();
    this.#next = new AbortController();
  }

  /** Returns at the next change, after so many milliseconds, or when the signal aborts. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(milliseconds, AbortSignal.any([signal, this.#next.signal]));
  }
}
