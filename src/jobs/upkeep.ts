import type { Clock } from "./clock.ts";
import type { JobStore } from "./store.ts";

const dayMs = 24 * 60 * 60 * 1_000;
const everyMs = 60 * 60 * 1_000;
/** Far beyond the time in which a client repeats a request. */
const keyDays = 7;

export interface UpkeepDeps {
  readonly store: Pick<JobStore, "prune">;
  readonly clock: Clock;
  /** For how many days jobs that have ended, and events, are kept. */
  readonly keepDays: number;
  /** Told of what goes wrong; it is tried again an hour later. */
  readonly report: (error: unknown) => void;
}

/** Forgets once an hour what has been kept for long enough, until the signal aborts. Several processes may do so side by side. */
export async function keepUp({ store, clock, keepDays, report }: UpkeepDeps, signal: AbortSignal): Promise<void> {
  const daysAgo = (days: number): string => new Date(clock.now() - days * dayMs).toISOString();
  while (!signal.aborted) {
    try {
      const before = daysAgo(keepDays);
      await store.prune({ jobsEndedBefore: before, eventsBefore: before, keysBefore: daysAgo(keyDays) });
    } catch (error) {
      report(error);
    }
    await clock.sleep(everyMs, signal);
  }
}
