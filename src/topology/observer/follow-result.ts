import type { Clock } from "../../jobs/clock.ts";

export type Outcome =
  | { readonly state: "succeeded" }
  | { readonly state: "failed"; readonly code: number; readonly message: string }
  | { readonly state: "unknown"; readonly message: string };

export interface FollowDeps {
  readonly clock: Clock;
  readonly readToken?: () => Promise<string>;
}

/** Requests are retried for half a minute; patience for providers of large clusters is longer. */
const deadlineMs = 60 * 60_000;
const firstWaitMs = 2_000;
const longestWaitMs = 30_000;
const answerMs = 30_000;
const longestMessage = 4096;

/** Asks for the result of a request until there is one. `undefined` where the signal aborts before. */
export async function followResult(
  { clock, readToken }: FollowDeps,
  generateUrl: string,
  uid: string,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const url = new URL("topology", generateUrl);
  url.search = new URLSearchParams({ uid }).toString();
  const end = clock.now() + deadlineMs;
  for (let waitMs = firstWaitMs; clock.now() < end; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
    await clock.sleep(waitMs, signal);
    if (signal.aborted) return undefined;
    try {
      const headers = await authorization(readToken);
      const response = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) });
      const outcome = await toOutcome(response, uid);
      if (outcome !== undefined) return outcome;
    } catch {
      // The server may be starting anew; what became of the request it says afterwards.
      if (signal.aborted) return undefined;
    }
  }
  return { state: "unknown", message: `request ${uid} has no result after ${deadlineMs / 60_000} minutes` };
}

/** The header that servers with authentication ask for. */
export async function authorization(readToken: (() => Promise<string>) | undefined): Promise<Record<string, string>> {
  return readToken === undefined ? {} : { authorization: `Bearer ${await readToken()}` };
}

async function toOutcome(response: Response, uid: string): Promise<Outcome | undefined> {
  if (response.status === 202 || response.ok) {
    // The topology itself may be long, and is of no interest here.
    await response.body?.cancel();
    return response.status === 202 ? undefined : { state: "succeeded" };
  }
  const message = (await response.text()).trim().slice(0, longestMessage);
  if (response.status === 404 && message === `request ID ${uid} not found`) return { state: "unknown", message };
  return { state: "failed", code: response.status, message };
}
