import type { Clock } from "../clock.ts";

/** Wakes one sleeper; a ring that nobody heard wakes the next one at once. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, after so many milliseconds, or when the signal aborts. Says whether it rang. */
  async wait(
    milliseconds: number,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<boolean> {
    if (!this.#rung && !signal.aborted && milliseconds > 0) {
      const heard = new AbortController();
      this.#wake = () => heard.abort();
      await clock.sleep(milliseconds, AbortSignal.any([signal, heard.signal]));
      this.#wake = undefined;
    }
    const hasRung = this.#rung;
    this.#rung = false;
    return hasRung;
  }
}
