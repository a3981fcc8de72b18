import { userInfo } from "node:os";
import type { Job } from "../client/client.ts";
import type { MockCluster } from "../clusters/mock/mock-cluster.ts";
import { SluiceError } from "../errors.ts";
import type { SubmittedJob } from "../jobs/cluster.ts";
import { isFinal } from "../schema/job-transitions.ts";
import type { JobObservation } from "../schema/job.ts";
import type { MockEvents } from "./mock-events.ts";
import { changeOf, isUnchanged, toJobRecord, type MockJobFacts } from "./mock-job-record.ts";

/** A job of a mock, as it was last seen. */
export interface TakenJob {
  readonly submitted: SubmittedJob;
  /** Jobs whose end it waits for. */
  readonly waitsFor: readonly string[];
  facts: MockJobFacts;
  seen: readonly JobObservation[];
  record: Job;
}

/** The jobs of a mock. What a look finds changed becomes events. */
export class MockJobs {
  readonly #mock: MockCluster;
  readonly #events: MockEvents;
  readonly #taken = new Map<string, TakenJob>();

  constructor(mock: MockCluster, events: MockEvents) {
    this.#mock = mock;
    this.#events = events;
  }

  /** Throws `JOB_NOT_FOUND`. */
  find(id: string): TakenJob {
    const taken = this.#taken.get(id);
    if (taken !== undefined) return taken;
    throw new SluiceError("JOB_NOT_FOUND", `the mock has no job "${id}"`, { details: { id } });
  }

  /** Notes a job that the mock cluster has taken. */
  take(
    submitted: SubmittedJob,
    { labels, waitsFor }: { readonly labels: Readonly<Record<string, string>>; readonly waitsFor: readonly string[] },
  ): TakenJob {
    const submission = this.#mock.submissions.find(({ jobId }) => jobId === submitted.jobId);
    if (submission === undefined) throw new Error(`the mock took ${submitted.jobId} and does not know it`);
    const { nativeId, directory } = submitted;
    const facts: MockJobFacts = {
      submission,
      labels,
      directory,
      cluster: this.#mock.cluster.name,
      owner: userInfo().username,
      acceptedAt: new Date().toISOString(),
      cancelRequested: false,
    };
    const taken: TakenJob = { submitted, waitsFor, facts, seen: [], record: toJobRecord(facts, [], 1) };
    this.#taken.set(submitted.jobId, taken);
    this.#events.add({ type: "accepted", ...whose(taken), data: { name: submission.name } });
    this.#events.add({ type: "submitted", ...whose(taken), data: { nativeId, directory } });
    this.#events.add({ type: "state", ...whose(taken), data: changeOf(taken.record, { state: "submitting" }) });
    return taken;
  }

  noteCancel(taken: TakenJob): void {
    taken.facts = { ...taken.facts, cancelRequested: true };
    this.#events.add({ type: "cancel-requested", ...whose(taken), data: {} });
  }

  /** A look moves a job on, and what it waits for. */
  async look(id: string, signal: AbortSignal): Promise<TakenJob> {
    const taken = this.find(id);
    for (const other of taken.waitsFor) if (!isFinal(this.find(other).record.state)) await this.look(other, signal);
    const { seen: before, record: old } = taken;
    taken.seen = await this.#mock.cluster.observe(taken.submitted, signal);
    const changed = taken.seen.filter((seen, at) => !isUnchanged(seen, before[at]));
    if (changed.length === 0) return taken;
    taken.record = toJobRecord(taken.facts, taken.seen, old.version + 1);
    if (taken.submitted.tasks !== undefined) {
      for (const task of changed) {
        const { nativeId } = task;
        const previous = before.find((one) => one.nativeId === nativeId);
        this.#events.add({ type: "task", ...whose(taken), data: { nativeId, ...changeOf(task, previous) } });
      }
    }
    if (isUnchanged(taken.record, old)) return taken;
    this.#events.add({ type: "state", ...whose(taken), data: changeOf(taken.record, old) });
    return taken;
  }
}

function whose({ record: { id: jobId, cluster, owner } }: TakenJob): {
  readonly jobId: string;
  readonly cluster: string;
  readonly owner: string;
} {
  return { jobId, cluster, owner };
}
