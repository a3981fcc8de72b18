import type { SluiceErrorCode } from "../../error-codes.ts";
import { SluiceError } from "../../errors.ts";
import type { StoredJob } from "../../schema/stored-job.ts";
import type { SubmitRequest, SubmittedJob } from "../cluster.ts";
import type { QueuedJob } from "../store.ts";
import { resolveDependencies } from "./dependencies.ts";
import { isOurs, type OwnedCluster } from "./owned-cluster.ts";
import { inParallel } from "../in-parallel.ts";
import { Lanes } from "./lanes.ts";
import { RetryPaces } from "./retry-paces.ts";
import { toRequest } from "./submit-request.ts";
import { SubmittedRecorder } from "./submitted-recorder.ts";

/** As many submissions at once as a controller on one machine takes fastest (measured: 4, `specs` aside, by the bench). */
const parallelSubmits = 4;
/** How many jobs are marked `submitting` together, by one write, and how many of them go to the cluster together. */
const batchSize = 256;
const jobsPerSubmit = 32;
/** How far the queue of one owner is looked through for a job that waits for no other. */
const lookAhead = 512;
/** A word of the store that there is something to do may get lost. */
const lookAgainMs = 5_000;
/** A look at jobs that cannot go yet may take this part of the time at most, however often the bell rings. */
const idleLookShare = 0.1;

/** Errors that say that the job is refused for good, and that nothing came of it. */
const refusals: ReadonlySet<SluiceErrorCode> = new Set([
  "SUBMIT_REJECTED",
  "SCRIPT_INVALID",
  "INPUT_INVALID",
  "FORMAT_INVALID",
  "LIMIT_EXCEEDED",
  "CAPABILITY_MISSING",
]);

/**
 * Brings accepted jobs to one cluster, each once. A job is marked `submitting` before the cluster hears of it; whatever is
 * found so at the start, or is left so by a failure, is looked for before it is submitted again.
 */
export class Dispatcher {
  readonly #own: OwnedCluster;
  readonly #recorder: SubmittedRecorder;
  /** Jobs of which it is not known whether the scheduler has them, in the order in which they are to be looked for. */
  readonly #uncertain = new Map<string, Uncertain>();
  readonly #paces: RetryPaces;
  readonly #lanes: Lanes;
  /** Whose turn it was last. */
  #lastOwner = "";

  constructor(own: OwnedCluster) {
    this.#own = own;
    this.#recorder = new SubmittedRecorder(own);
    this.#paces = new RetryPaces(own.clock);
    this.#lanes = new Lanes({ clock: own.clock, onEnd: () => own.dispatchBell.ring() });
  }

  /** Runs until the signal aborts. Throws what the store throws, `CLUSTER_BUSY` once the lease has gone to another. */
  async run(): Promise<void> {
    const { store, fence, clock, signal, dispatchBell } = this.#own;
    for (const { job } of await store.undispatched(fence.cluster, { state: "submitting", limit: 1_000_000 })) {
      this.#uncertain.set(job.id, { user: job.user, isTried: false });
    }
    try {
      while (!signal.aborted && !this.#lanes.isBroken) {
        const began = clock.now();
        if (await this.#once()) continue;
        await dispatchBell.wait(this.#paces.untilNext(began) ?? lookAgainMs, { clock, signal });
      }
    } finally {
      await this.#lanes.end();
    }
  }

  /** Does what can be done now; says whether there may be more. */
  async #once(): Promise<boolean> {
    await this.#lookForUncertain();
    const { clock, signal } = this.#own;
    if (signal.aborted) return false;
    const began = clock.now();
    const batch = await this.#nextBatch();
    if (batch.length > 0) {
      await this.#submitBatch(batch);
      return true;
    }
    const took = clock.now() - began;
    if (took > 0) await clock.sleep(took * (1 / idleLookShare - 1), signal);
    return false;
  }

  async #lookForUncertain(): Promise<void> {
    const { store, signal } = this.#own;
    const due = [...this.#uncertain].flatMap(([id, { user }]) => (this.#canGo(user) ? [id] : []));
    if (due.length === 0) return;
    const jobs = await store.getAll(due);
    const open = new Map(jobs.filter(({ state }) => state === "submitting").map((job) => [job.id, job]));
    for (const id of due) if (!open.has(id)) this.#uncertain.delete(id);
    await this.#lanes.run(
      [...open.values()],
      ({ user }) => user,
      async (user, own, isAlone) => {
        let failure: unknown;
        await inParallel(own, isAlone ? parallelSubmits : 1, async (job) => {
          if (failure !== undefined || signal.aborted) return;
          try {
            await this.#lookFor(job);
          } catch (error) {
            if (isOurs(error)) throw error;
            failure = error;
            // Others come first the next time.
            const known = this.#uncertain.get(job.id);
            if (this.#uncertain.delete(job.id) && known !== undefined) this.#uncertain.set(job.id, known);
          }
        });
        if (failure !== undefined) this.#failed(user, failure);
      },
    );
  }

  #canGo(user: string | undefined): boolean {
    return this.#paces.isDue(user) && !this.#lanes.isBusy(user);
  }

  async #lookFor(job: StoredJob): Promise<void> {
    const { cluster, isRemote, store, fence, steps, budget, signal, urgent } = this.#own;
    await budget.take(signal);
    if (signal.aborted) return;
    // What another process began, or a network carries, may come late: it is ended. Here nothing is left of one's own.
    const isOver = this.#uncertain.get(job.id)?.isTried === true && !isRemote;
    const until = isOver ? undefined : job.version;
    const found = await cluster.find({ jobId: job.id, user: job.user }, urgent, until);
    steps.reached("job-looked-for");
    if (found !== undefined) await this.#record(found);
    else {
      const current = (await store.get(job.id)) ?? job;
      const to = current.cancelRequested ? "cancelled" : "accepted";
      await store.move({ jobId: job.id, version: current.version, to, fence });
    }
    this.#uncertain.delete(job.id);
  }

  /** The next jobs that can go, of all owners in turn, marked `submitting`. */
  async #nextBatch(): Promise<readonly Ready[]> {
    const { store, fence } = this.#own;
    const shares = (await store.waiting(fence.cluster)).filter(({ user }) => this.#canGo(user));
    const owners = [...new Set(shares.map(({ owner }) => owner))];
    // Whoever came last is last.
    const turn = owners.indexOf(this.#lastOwner) + 1;
    const queues = await Promise.all(
      [...owners.slice(turn), ...owners.slice(0, turn)].slice(0, batchSize).map((owner) => this.#readyOf(owner)),
    );
    const batch: Ready[] = [];
    for (let at = 0; batch.length < batchSize && queues.some((queue) => at < queue.length); at += 1) {
      for (const queue of queues) {
        const next = queue[at];
        if (next !== undefined && batch.length < batchSize) {
          batch.push(next);
          this.#lastOwner = next.job.owner;
        }
      }
    }
    if (batch.length === 0) return [];
    const moved = await store.moveAll(
      batch.map(({ job }) => ({ jobId: job.id, version: job.version, to: "submitting", fence })),
    );
    this.#own.steps.reached("submitting-stored");
    // One that is not of its version any more was cancelled.
    return batch.flatMap((ready, at) => {
      const job = moved[at];
      return job === undefined ? [] : [{ ...ready, job }];
    });
  }

  /** The jobs at the head of one owner's queue that wait for no other. */
  async #readyOf(owner: string): Promise<readonly Ready[]> {
    const { store, fence } = this.#own;
    for (let limit = batchSize; ; limit *= 4) {
      const queued = await store.undispatched(fence.cluster, { state: "accepted", owner, limit });
      const ready: Ready[] = [];
      for (const { job, submission } of queued) {
        if (!this.#canGo(job.user)) continue;
        const dependencies = await resolveDependencies(store, submission);
        if ("waitsFor" in dependencies) continue;
        ready.push({ job, submission, dependencies });
      }
      if (ready.length > 0 || queued.length < limit || limit >= lookAhead) return ready;
    }
  }

  async #submitBatch(batch: readonly Ready[]): Promise<void> {
    const { budget, signal } = this.#own;
    await this.#lanes.run(
      batch,
      ({ job }) => job.user,
      async (user, own, isAlone) => {
        let failure: unknown;
        const parts: (readonly Ready[])[] = [];
        for (let at = 0; at < own.length; at += jobsPerSubmit) parts.push(own.slice(at, at + jobsPerSubmit));
        await inParallel(parts, isAlone ? parallelSubmits : 1, async (part) => {
          for (const _ of part) await budget.take(signal);
          // What was marked and is not begun any more is looked for by whoever comes next.
          const unclear = failure !== undefined || signal.aborted ? { jobs: part } : await this.#submit(user, part);
          for (const { job } of unclear.jobs) this.#uncertain.set(job.id, { user, isTried: true });
          failure ??= unclear.failure;
        });
        await this.#recorder.flushed();
        if (failure === undefined) this.#succeeded(user);
        else this.#failed(user, failure);
      },
    );
  }

  /** Gives those of which it is not known what became of them, and why. */
  async #submit(
    user: string | undefined,
    part: readonly Ready[],
  ): Promise<{ readonly jobs: readonly Ready[]; readonly failure?: unknown }> {
    const { cluster, steps, urgent } = this.#own;
    const possible: { readonly ready: Ready; readonly request: SubmitRequest }[] = [];
    for (const ready of part) {
      const { job, submission, dependencies } = ready;
      if ("impossible" in dependencies)
        await this.#reject(job, new SluiceError("SUBMIT_REJECTED", dependencies.impossible));
      else
        possible.push({ ready, request: { ...toRequest(job, submission, dependencies.ready), attempt: job.version } });
    }
    const unclear: Ready[] = [];
    let failure: unknown;
    const answers = await cluster.submitAll(
      user,
      possible.map(({ request }) => request),
      urgent,
    );
    steps.reached("cluster-took-job");
    for (const [at, { ready }] of possible.entries()) {
      const answer = answers[at] ?? { error: new Error("the cluster left a job without an answer") };
      if (!("error" in answer)) {
        void this.#recorder.add(answer).catch(() => {});
        continue;
      }
      const { error } = answer;
      if (error instanceof SluiceError && refusals.has(error.code)) {
        await this.#reject(ready.job, error);
        continue;
      }
      if (!(error instanceof SluiceError)) throw error;
      unclear.push(ready);
      failure ??= error;
    }
    return { jobs: unclear, failure };
  }

  async #record(taken: SubmittedJob): Promise<void> {
    await this.#recorder.add(taken);
  }

  async #reject(job: StoredJob, { code, message }: SluiceError): Promise<void> {
    const { store, fence } = this.#own;
    // Somebody may have asked for its end meanwhile, which makes it another version.
    for (let version: number | undefined = job.version; version !== undefined;) {
      const move = { jobId: job.id, version, to: "rejected", error: { code, message }, fence } as const;
      if ((await store.move(move)) !== undefined) return;
      const current = await store.get(job.id);
      version = current?.state === "submitting" ? current.version : undefined;
    }
  }

  #succeeded(user: string | undefined): void {
    this.#paces.succeeded(user);
    if (this.#paces.isClear) delete this.#own.health.submitProblem;
  }

  #failed(user: string | undefined, error: unknown): void {
    this.#own.health.submitProblem = error instanceof Error ? error.message : String(error);
    this.#paces.failed(user);
  }
}

interface Uncertain {
  readonly user: string | undefined;
  /** Whether this process itself has tried to submit it, to the end. */
  readonly isTried: boolean;
}

interface Ready extends QueuedJob {
  readonly dependencies: { readonly ready: string | undefined } | { readonly impossible: string };
}
