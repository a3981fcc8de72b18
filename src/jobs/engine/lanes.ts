import type { Clock } from "../clock.ts";
import { byUser } from "./users-cluster.ts";

/** How long is waited for all who were begun together, before others are begun beside those that go on. */
const patienceMs = 1_000;

export interface LanesOptions {
  readonly clock: Clock;
  /** Told when a lane has ended that was not waited for. */
  readonly onEnd: () => void;
}

/**
 * Work for each Unix user in a lane of the user's own: one whose folder is on a file system that hangs, or who makes it hang,
 * must not hold up the jobs of others. A user has one lane at a time.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #running = new Map<string | undefined, Promise<void>>();
  #broken: { readonly error: unknown } | undefined;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  isBusy(user: string | undefined): boolean {
    return this.#running.has(user);
  }

  /** Whether the work in a lane has thrown; `end` throws it. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Works on each user's things, of users who are not busy. Comes back when all is done, or after a while, when some go on by
   * themselves.
   */
  async run<T>(
    things: readonly T[],
    userOf: (thing: T) => string | undefined,
    work: (user: string | undefined, own: readonly T[], isAlone: boolean) => Promise<void>,
  ): Promise<void> {
    const users = byUser(things, userOf);
    const { clock, onEnd } = this.#options;
    const waited = new AbortController();
    const lanes = [...users].map(async ([user, own]) => {
      await this.#begin(user, () => work(user, own, users.size === 1));
      if (waited.signal.aborted) onEnd();
    });
    await Promise.race([Promise.all(lanes), clock.sleep(patienceMs, waited.signal)]);
    waited.abort();
  }

  /** Waits for all that is under way. Throws what one of them threw. */
  async end(): Promise<void> {
    await Promise.all(this.#running.values());
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  #begin(user: string | undefined, work: () => Promise<void>): Promise<void> {
    const lane = (async () => {
      try {
        await work();
      } catch (error) {
        this.#broken ??= { error };
      }
      this.#running.delete(user);
    })();
    this.#running.set(user, lane);
    return lane;
  }
}
