import type { Job as JobRecord } from "../client/client.ts";
import { isErrorCode } from "../error-codes.ts";
import { SluiceError } from "../errors.ts";
import { systemClock } from "../jobs/clock.ts";
import { isFinal } from "../schema/job-transitions.ts";
import type { Backend } from "./backend.ts";

/** How long a cluster may take to take a job. */
const patienceMs = 120_000;
/** How long one that cannot be reached is tried, and how often it is asked whether that is so. */
const unreachableMs = 20_000;
const lookEveryMs = 2_000;

/**
 * The job once its scheduler has it. Rejects with the scheduler's words where it refuses the job. A job that its cluster has
 * not taken in time, or while it was waited for, is cancelled: it is not to run when nobody expects it any more.
 */
export async function untilTaken(
  backend: Pick<Backend, "wait" | "explain" | "cancel" | "description">,
  accepted: JobRecord,
  signal: AbortSignal | undefined,
): Promise<JobRecord> {
  const stop = new AbortController();
  const until = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  let problem: string | undefined;
  // Where it cannot be told whether the cluster is reached, the wait goes on.
  const watch = (async () => {
    problem = await watchReach(backend, accepted.id, until);
    stop.abort();
  })().catch(() => {});
  try {
    const record = isTaken(accepted) ? accepted : await backend.wait(accepted.id, { signal: until, until: isTaken });
    if (record.state === "rejected") throw rejectionOf(record);
    return record;
  } catch (error) {
    if (!until.aborted) throw error;
    await backend.cancel(accepted.id, { signal: AbortSignal.timeout(patienceMs) });
    if (signal?.aborted === true) {
      throw new SluiceError("CANCELLED", `stopped submitting job ${accepted.id} as asked; it is cancelled`, {
        cause: signal.reason,
      });
    }
    throw new SluiceError(
      "CLUSTER_UNREACHABLE",
      `${backend.description} has not taken the job, which is cancelled: ${problem}`,
      {
        cause: error,
        details: { jobId: accepted.id },
      },
    );
  } finally {
    stop.abort();
    await watch;
  }
}

function isTaken({ nativeId, state }: JobRecord): boolean {
  return nativeId !== undefined || isFinal(state);
}

function rejectionOf({ id, error, name }: JobRecord): SluiceError {
  const { code = "SUBMIT_REJECTED", message = `the scheduler refused job "${name}"` } = error ?? {};
  return new SluiceError(isErrorCode(code) ? code : "SUBMIT_REJECTED", message, { details: { jobId: id } });
}

/** Resolves when it is time to give up, with what stands in the way. */
async function watchReach(backend: Pick<Backend, "explain">, id: string, signal: AbortSignal): Promise<string> {
  const began = Date.now();
  let unreachableSince: number | undefined;
  for (;;) {
    await systemClock.sleep(lookEveryMs, signal);
    signal.throwIfAborted();
    const { summary, findings } = await backend.explain(id, { signal });
    const problem = findings.find(({ what }) => /cannot be submitted|will be looked for/.test(what))?.evidence;
    const now = Date.now();
    if (problem === undefined) unreachableSince = undefined;
    else if (now - (unreachableSince ??= now) >= unreachableMs) return problem;
    if (now - began >= patienceMs) return problem ?? `${summary}, for ${patienceMs / 1000} s`;
  }
}
