import { SluiceError } from "../../errors.ts";
import { hasCome, type Clock } from "../../jobs/clock.ts";

/** The wait after the first failure; it doubles with each, up to the last. */
const firstWaitMs = 250;
const lastWaitMs = 60_000;
/** A host may lock out who knocks with a wrong key too often. */
const refusedWaitMs = 15_000;
/** A longer wait than this is answered with the last failure at once. */
const patienceMs = 2_000;
/** A connection that lived for less counts as one more failure. */
const steadyMs = 10_000;

/** When a destination may be tried again: later after each failure, and not at the same moment by all who lost it. */
export class Reconnection {
  readonly #clock: Clock;
  readonly #random: () => number;
  #failures = 0;
  #notBefore = 0;
  #waitMs = 0;
  #openedAt = 0;
  #last: SluiceError | undefined;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: () => number }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Waits for the next attempt's turn. Throws the last failure where that is far off. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    if (hasCome(this.#notBefore, this.#waitMs, now)) return;
    const wait = this.#notBefore - now;
    if (wait > patienceMs && this.#last !== undefined) {
      const { code, message, details } = this.#last;
      throw new SluiceError(code, `${message} (tried again in ${Math.ceil(wait / 1000)} s)`, {
        cause: this.#last,
        details: { ...details, mayHaveRun: false, retryAfterMs: wait },
      });
    }
    await this.#clock.sleep(wait, signal);
  }

  opened(): void {
    this.#openedAt = this.#clock.now();
  }

  lost(why: SluiceError): void {
    if (this.#clock.now() - this.#openedAt >= steadyMs) this.#failures = 0;
    this.failed(why);
  }

  failed(why: SluiceError): void {
    // What `turn` threw is no attempt.
    if ("retryAfterMs" in why.details) return;
    this.#last = why;
    const least = why.details["reason"] === "login-refused" ? refusedWaitMs : firstWaitMs;
    const wait = Math.min(lastWaitMs, Math.max(least, firstWaitMs * 2 ** this.#failures));
    this.#failures += 1;
    this.#waitMs = wait * (0.5 + this.#random() / 2);
    this.#notBefore = this.#clock.now() + this.#waitMs;
  }
}
