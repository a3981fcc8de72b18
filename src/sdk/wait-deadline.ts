import { SluiceError } from "../errors.ts";

/** How long to wait, at most. */
export interface WaitOptions {
  /** Milliseconds, or a text: `"500ms"`, `"60s"`, `"10m"`, `"2h"`. As long as it takes where left out. */
  readonly timeout?: number | string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** setTimeout(3) of Node takes no more milliseconds than this; as good as for ever. */
const longestMs = 2 ** 31 - 1;

/** Milliseconds of a timeout. Throws `INPUT_INVALID`. */
export function toMilliseconds(timeout: number | string): number {
  const [, amount, unit = "ms"] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(String(timeout)) ?? [];
  const value = typeof timeout === "number" ? timeout : Number(amount) * (units[unit] ?? 1);
  if (value >= 0) return Math.min(value, longestMs);
  throw new SluiceError(
    "INPUT_INVALID",
    `timeout: ${JSON.stringify(timeout)} is no length of time; give milliseconds, or a text such as "60s" or "10m"`,
    { details: { field: "timeout" } },
  );
}

/** A wait that ends with the caller's signal or after its time; which of the two it was decides the error. */
export class WaitDeadline implements Disposable {
  readonly signal: AbortSignal;
  readonly #caller: AbortSignal | undefined;
  readonly #timeout: number | string | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor({ timeout, signal }: WaitOptions) {
    const own = new AbortController();
    this.#caller = signal;
    this.#timeout = timeout;
    this.signal = signal === undefined ? own.signal : AbortSignal.any([own.signal, signal]);
    if (timeout === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      own.abort();
    }, toMilliseconds(timeout));
  }

  /** The error for who waited for `what`, in place of the one that came of it where the wait was ended. */
  explain(error: unknown, what: string, remedy: string): unknown {
    if (this.#isOver) {
      const limit = typeof this.#timeout === "number" ? `${this.#timeout} ms` : this.#timeout;
      return new SluiceError("DEADLINE_EXCEEDED", `${what} within ${limit}; ${remedy}`, { cause: error });
    }
    if (this.#caller?.aborted === true) {
      return new SluiceError("CANCELLED", `stopped waiting as asked; ${remedy}`, { cause: this.#caller.reason });
    }
    return error;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
