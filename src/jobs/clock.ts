/** Time, handed in so that a test asserts waits instead of living through them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when the signal aborts; never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/**
 * Whether a time has come that was so many milliseconds ahead when it was set. A clock that has gone back to before that
 * moment ends the wait, which would otherwise be longer by as much as the clock was set back.
 */
export function hasCome(at: number, waitMs: number, now: number): boolean {
  return now >= at || now < at - waitMs;
}

/** The clock on the wall. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener("abort", done, { once: true });
    }),
};
