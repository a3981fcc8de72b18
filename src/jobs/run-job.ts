import { SluiceError } from "../errors.ts";
import { finalStates, type JobObservation, type JobRecord } from "../schema/job.ts";
import type { Clock } from "./clock.ts";
import type { Cluster, SubmitRequest, SubmittedJob } from "./cluster.ts";
import { exitCodeOf } from "./exit-code.ts";
import { followJob, type JobEvent } from "./follow.ts";
import { severity } from "./severity.ts";

export type RunEvent =
  | { readonly type: "submitted"; readonly job: SubmittedJob }
  /** The job's end was asked for; it is followed until it has come. */
  | { readonly type: "cancelling" }
  | JobEvent;

export interface RunJobOptions {
  /** Its abort cancels the job, which is then followed to its end. */
  readonly signal: AbortSignal;
  /** Its abort stops following; the job is left as it is. */
  readonly urgent: AbortSignal;
  readonly deadlineMs?: number;
}

/** How long the cluster may take to answer a plea for the end of a job. */
const cancelDeadlineMs = 30_000;

/** Submits a job and follows it to its end. Throws as `Cluster.submit` and `followJob` do. */
export async function* runJob(
  deps: { readonly cluster: Cluster; readonly clock: Clock },
  request: SubmitRequest,
  { signal, urgent, deadlineMs }: RunJobOptions,
): AsyncGenerator<RunEvent> {
  const job = await submitOrFind(deps.cluster, request, signal);
  yield { type: "submitted", job };

  const cancelling = new Cancelling(deps.cluster, job, signal);
  try {
    const options = { signal: urgent, ...(deadlineMs !== undefined && { deadlineMs }) };
    for await (const event of followJob(deps, job, options)) {
      if (cancelling.isNews()) yield { type: "cancelling" };
      yield event;
    }
  } finally {
    await cancelling.settled();
  }
}

/** A submit that was cut short may have made a job: it is looked for, so that it can be followed, or cancelled. */
async function submitOrFind(cluster: Cluster, request: SubmitRequest, signal: AbortSignal): Promise<SubmittedJob> {
  try {
    return await cluster.submit(request, signal);
  } catch (error) {
    const codes: readonly string[] = ["CLUSTER_UNREACHABLE", "DEADLINE_EXCEEDED", "CANCELLED"];
    if (!(error instanceof SluiceError) || !codes.includes(error.code)) throw error;
    const found = await cluster.find(request.jobId, AbortSignal.timeout(cancelDeadlineMs)).catch(() => undefined);
    if (found === undefined) throw error;
    return found;
  }
}

/** Cancels the job once, when the signal aborts: before, during or after the start of following. */
class Cancelling {
  readonly #cancel: () => void;
  readonly #signal: AbortSignal;
  #attempt: Promise<void> | undefined;
  #told = false;

  constructor(cluster: Cluster, job: SubmittedJob, signal: AbortSignal) {
    this.#signal = signal;
    this.#cancel = () => {
      this.#attempt ??= cluster.cancel(job, AbortSignal.timeout(cancelDeadlineMs));
      // `settled` throws it; until then it must not count as unhandled.
      this.#attempt.catch(() => {});
    };
    if (signal.aborted) this.#cancel();
    else signal.addEventListener("abort", this.#cancel, { once: true });
  }

  isNews(): boolean {
    if (this.#attempt === undefined || this.#told) return false;
    this.#told = true;
    return true;
  }

  async settled(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#cancel);
    await this.#attempt?.catch(() => {});
  }
}

/** The final record of a job that has ended. */
export function toRecord(
  cluster: Cluster,
  job: SubmittedJob,
  name: string,
  observations: readonly JobObservation[],
): JobRecord {
  const worst = observations
    .filter(({ state }) => finalStates.has(state))
    .sort((a, b) => severity.indexOf(b.state) - severity.indexOf(a.state))[0];
  if (worst === undefined) throw new Error(`job ${job.nativeId} has no task that ended`);
  return {
    jobId: job.jobId,
    cluster: cluster.name,
    clusterKind: cluster.kind,
    nativeId: job.nativeId,
    name: worst.name ?? name,
    state: worst.state,
    exitCode: Math.max(...observations.map(exitCodeOf)),
    tasks: observations,
  };
}
