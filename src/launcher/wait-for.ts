import { setTimeout as delay } from "node:timers/promises";
import { SluiceError } from "../errors.ts";

export interface WaitOptions {
  /** What is waited for, for the message: "slurmctld to listen on port 6817". */
  readonly what: string;
  readonly timeoutMs: number;
  /** The first pause; it doubles up to `maxIntervalMs`. */
  readonly intervalMs?: number;
  readonly maxIntervalMs?: number;
  readonly signal: AbortSignal;
  /** Called at the deadline: what is known about why, added to the message. */
  readonly explain?: () => Promise<string> | string;
}

/**
 * Waits for a fact: asks `check` until it answers something other than `undefined`, and returns that.
 *
 * Throws `DEADLINE_EXCEEDED` after `timeoutMs`, `CANCELLED` when the signal aborts, and whatever `check` throws.
 */
export async function waitFor<T>(
  check: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  const maxIntervalMs = options.maxIntervalMs ?? 250;
  for (let pause = options.intervalMs ?? 2; ; pause = Math.min(pause * 1.3, maxIntervalMs)) {
    throwIfAborted(options.signal, options.what);
    const value = await check();
    if (value !== undefined) return value;
    const left = deadline - performance.now();
    if (left <= 0) {
      const why = (await options.explain?.()) ?? "";
      throw new SluiceError(
        "DEADLINE_EXCEEDED",
        `waited ${seconds(options.timeoutMs)} for ${options.what}${why === "" ? "" : `: ${why}`}`,
      );
    }
    await delay(Math.min(pause, left), undefined, { signal: options.signal }).catch(() => {});
  }
}

/** Throws `CANCELLED` where the signal has aborted. */
export function throwIfAborted(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw new SluiceError("CANCELLED", `stopped while waiting for ${what}`, { cause: signal.reason });
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}
