import { parseExitCode } from "../../slurm/values/exit-code.ts";
import type { JobObservation } from "../../schema/job.ts";

/** What the wrapper of `wrapper.ts` leaves behind when the script has ended. */
export interface Receipt {
  readonly nativeId: string;
  readonly restarts: number;
  /** ISO 8601 in UTC. */
  readonly endedAt: string;
  readonly exit: { readonly status: number; readonly signal: number };
}

/** `undefined` for text that is no receipt: it is then as if there were none. */
export function parseReceipt(text: string): Receipt | undefined {
  const match = /^job (\d+)\nrestarts (\d+)\nended (\d{1,12})\nexit (\d+:\d+)\n$/.exec(text);
  if (match === null) return undefined;
  const [, nativeId = "", restarts, ended, exit = ""] = match;
  return {
    nativeId,
    restarts: Number(restarts),
    endedAt: new Date(Number(ended) * 1000).toISOString(),
    exit: parseExitCode(exit),
  };
}

/**
 * The end of a job as its receipt tells it, for a job that nobody else remembers. A script that failed after somebody
 * had asked for its end counts as cancelled; one that succeeded all the same has completed.
 */
export function observeReceipt(nativeId: string, receipt: Receipt, cancelAsked: boolean): JobObservation {
  const failed = receipt.exit.status !== 0 || receipt.exit.signal !== 0;
  return {
    nativeId,
    state: failed ? (cancelAsked ? "cancelled" : "failed") : "completed",
    rawState: "",
    reason: "Receipt",
    exit: receipt.exit,
    endedAt: receipt.endedAt,
    restarts: receipt.restarts,
  };
}
