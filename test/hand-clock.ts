import type { Clock } from "../src/jobs/clock.ts";

/** A clock that stands until the test moves it on; it knows for how long others sleep. */
export class HandClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { until: this.#now + milliseconds, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** For how long the shortest sleep still lasts. */
  get next(): number | undefined {
    const waits = [...this.#sleepers].map(({ until }) => until - this.#now);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const { until, wake } of this.#sleepers) if (until <= this.#now) wake();
  }
}
