import { finalStates } from "../../schema/job.ts";
import { hasCome } from "../clock.ts";
import type { QueueEntry } from "../cluster.ts";
import type { JobSighting } from "../store.ts";
import { compareRows } from "./compare-rows.ts";
import { toSubmitted, type OwnedCluster } from "./owned-cluster.ts";
import { isTakenOver } from "./taken-over.ts";
import type { TrackedJob } from "./tracked-jobs.ts";

/** Jobs that have left the queue and are asked after together. */
const settlesPerLook = 500;
const firstSettleWaitMs = 1_000;
const longestSettleWaitMs = 60_000;
/** Waits of 1, 2, 4 and 8 s have passed then. */
const unknownFromWaitMs = 16_000;

/** What came of asking after jobs that the queue did not show. */
export interface Settled {
  readonly sightings: readonly JobSighting[];
  /** Those that are there all the same. */
  readonly seen: readonly TrackedJob[];
  /** Those that the cluster has and does not show. */
  readonly hidden: readonly TrackedJob[];
  /** Those of which nobody has known anything for long. */
  readonly unknown: readonly TrackedJob[];
}

/** Asks after jobs, or parts of jobs, that have left the queue; what stays unknown is asked after less and less often. */
export async function settleLeft(
  { cluster, clock, budget, signal, urgent }: OwnedCluster,
  left: readonly TrackedJob[],
  queue: readonly QueueEntry[],
): Promise<Settled> {
  const now = clock.now();
  const due = left
    .filter(({ settleAt, settleWaitMs }) => hasCome(settleAt, settleWaitMs, now))
    .slice(0, settlesPerLook);
  const jobs = due.map(({ job }) => toSubmitted(job)).filter((job) => job !== undefined);
  const sightings: JobSighting[] = [];
  const seen: TrackedJob[] = [];
  const hidden: TrackedJob[] = [];
  const unknown: TrackedJob[] = [];
  if (jobs.length > 0) {
    await budget.take(signal, true);
    const settlements = await cluster.settle(jobs, urgent);
    for (const entry of due) {
      const settlement = settlements.get(entry.job.id);
      const isHidden = settlement !== undefined && "hidden" in settlement;
      const told = settlement !== undefined && "known" in settlement ? settlement.known : [];
      const isGone = settlement !== undefined && !isHidden && told.length === 0;
      const known = isGone && entry.job.cancelRequested && isTakenOver(entry.job, queue) ? [goneAsAsked(entry)] : told;
      const sighting = known.length === 0 ? undefined : compareRows(entry, known);
      if (sighting !== undefined) sightings.push(sighting);
      const isAlive = known.some(({ state }) => !finalStates.has(state));
      // Receipts may be late on a network file system.
      entry.settleAt = now + entry.settleWaitMs;
      entry.settleWaitMs = isAlive ? firstSettleWaitMs : Math.min(entry.settleWaitMs * 2, longestSettleWaitMs);
      if (isAlive) seen.push(entry);
      else if (isHidden) hidden.push(entry);
      else if (known.length === 0 && entry.settleWaitMs >= unknownFromWaitMs) unknown.push(entry);
    }
  }
  return { sightings, seen, hidden, unknown };
}

/** The job is in the queue again, whole. */
export function noteListed(entry: TrackedJob): void {
  entry.settleAt = 0;
  entry.settleWaitMs = firstSettleWaitMs;
}

/** The scheduler gave its number to another, so it has none of it any more; and that it should end was asked for. */
function goneAsAsked({ job }: TrackedJob): { nativeId: string; state: "cancelled"; rawState: string; reason: string } {
  return { nativeId: job.nativeId ?? "", state: "cancelled", rawState: "", reason: "CancelRequested" };
}
