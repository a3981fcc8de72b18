import { errorCodes } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { Clock } from "../../jobs/clock.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyAnswer } from "../topology-store.ts";

/** How often a request is attempted at most, and the wait after the first attempt; each is twice the one before. */
export const mostAttempts = 5;
export const firstWaitMs = 2_000;

/** Statuses after which another attempt may help. */
const retried: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

export interface Attempts {
  readonly clock: Clock;
  /** Ends waits and attempts. */
  readonly signal: AbortSignal;
  /** Ends waits, too, but not the attempt that is under way; none follows it. */
  readonly replaced: AbortSignal;
  /** How long one attempt may take. */
  readonly attemptMs: number;
  /** Runs an attempt when it is its turn. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** One attempt. */
  readonly run: (signal: AbortSignal) => Promise<{ readonly body: string }>;
  /** Called before each attempt. */
  onBegin(attempt: number): void;
  /** Called with the answer of each attempt; `waitMs` where another follows. */
  onEnd(attempt: number, answer: TopologyAnswer, seconds: number, waitMs: number | undefined): void;
}

/** Attempts a request until it succeeds or no attempt is left; `undefined` where a signal ended it. Never rejects. */
export async function attempt(attempts: Attempts): Promise<TopologyAnswer | undefined> {
  const { clock, signal, replaced } = attempts;
  const noMore = AbortSignal.any([signal, replaced]);
  for (let number = 1; ; number++) {
    let began = clock.now();
    const answer = await attempts.inTurn(async () => {
      if (noMore.aborted) return undefined;
      began = clock.now();
      attempts.onBegin(number);
      return oneAttempt(attempts);
    });
    if (answer === undefined || signal.aborted) return undefined;
    const isLast = number === mostAttempts || replaced.aborted || !retried.has(answer.status);
    const waitMs = isLast ? undefined : firstWaitMs * 2 ** (number - 1);
    attempts.onEnd(number, answer, (clock.now() - began) / 1_000, waitMs);
    if (waitMs === undefined) return answer;
    await clock.sleep(waitMs, noMore);
  }
}

async function oneAttempt({ run, signal, attemptMs }: Attempts): Promise<TopologyAnswer> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), attemptMs);
  try {
    const { body } = await beforeAbort(run, AbortSignal.any([signal, deadline.signal]));
    return { status: 200, body };
  } catch (error) {
    if (!deadline.signal.aborted) return toAnswer(error);
    return { status: 504, body: `the attempt took longer than ${attemptMs / 1_000} s` };
  } finally {
    clearTimeout(timer);
  }
}

/** Who does not heed the signal is not waited for. */
function beforeAbort<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new Error("ended"));
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    work(signal)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}

/** What a failure answers with: its own status and words, or those of what it is. */
export function toAnswer(error: unknown): TopologyAnswer {
  if (error instanceof TopologyError) return { status: error.status, body: error.message };
  if (error instanceof SluiceError) return { status: errorCodes[error.code].http, body: error.message };
  return { status: 500, body: error instanceof Error ? error.message : String(error) };
}
