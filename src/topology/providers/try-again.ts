import type { Clock } from "../../jobs/clock.ts";

export interface TryAgainOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether a failure may be gone in a moment. */
  readonly isPassing: (error: unknown) => boolean;
}

const tries = 5;
const firstWaitMs = 500;

/** Tries up to five times in all, after 500 ms, 1 s, 2 s and 4 s. Throws the last failure, or the signal's reason. */
export async function tryAgain<T>(
  attempt: () => Promise<T>,
  { clock, signal, isPassing }: TryAgainOptions,
): Promise<T> {
  for (let count = 1; ; count++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (count === tries || !isPassing(error)) throw error;
      await clock.sleep(firstWaitMs * 2 ** (count - 1), signal);
    }
  }
}
