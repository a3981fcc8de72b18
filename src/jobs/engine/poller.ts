import { SluiceError } from "../../errors.ts";
import { finalStates, type JobObservation } from "../../schema/job.ts";
import type { QueueEntry } from "../cluster.ts";
import type { JobSighting } from "../store.ts";
import { isAway, isOurs, noteAnswer, noteSilence, toSubmitted, type OwnedCluster } from "./owned-cluster.ts";
import { compareRows, hasLeftParts, observationOf } from "./compare-rows.ts";
import { Endings } from "./endings.ts";
import { QueueLooks, type QueueLook } from "./queue-looks.ts";
import { noteListed, settleLeft } from "./settle-left.ts";
import { isTakenOver } from "./taken-over.ts";
import type { TrackedJob } from "./tracked-jobs.ts";

/** Waits between two looks in milliseconds, where nothing of ours is there; and by how much an uneventful look lengthens them. */
const idlePace = { first: 1_000, factor: 1.5, longest: 30_000 } as const;
/** Looks that failed, after which what is known of jobs counts as stale. */
const failuresBeforeStale = 2;
const unreachablePace = { first: 500, factor: 2, longest: 10_000 } as const;
const sightingsPerWrite = 500;
/** A job's end is asked for again while the job goes on. */
const cancelAgainMs = 10_000;
/** How often it is looked, between two looks at the queue, whether jobs have said that they ended; and at the least. */
const glancesPerRest = 8;
const longestUnseenMs = 1_000;
/** Jobs whose output files are looked up after one look. */
const outputsPerLook = 50;

/**
 * Looks at the whole queue of one cluster, at a pace that follows what moves, and writes down what has changed of Sluice's
 * jobs. What has left the queue is settled; what nobody knows anything of stays as it is, stale or hidden.
 */
export class Poller {
  readonly #own: OwnedCluster;
  readonly #endings: Endings;
  readonly #looks: QueueLooks;
  /** Ids in the queue that are no job of this store. */
  readonly #strangers = new Set<string>();
  #failures = 0;
  #waiters: (() => void)[] = [];
  #isOver = false;

  constructor(own: OwnedCluster) {
    this.#own = own;
    this.#endings = new Endings(own);
    this.#looks = new QueueLooks(own);
  }

  /** Runs until the signal aborts. Throws what the store throws, `CLUSTER_BUSY` once the lease has gone to another. */
  async run(): Promise<void> {
    const { clock, signal, health, pace } = this.#own;
    let waitMs: number = idlePace.first;
    try {
      while (!signal.aborted) {
        const waiters = this.#waiters;
        this.#waiters = [];
        const began = clock.now();
        const look = await this.#look({ whole: waiters.length > 0 });
        for (const wake of waiters) wake();
        const costMs = clock.now() - began;
        waitMs = this.#nextWait(look, waitMs, costMs);
        health.pollMs = waitMs;
        await clock.sleep(Math.min(waitMs, pace.moving), signal);
        await this.#rest(waitMs - pace.moving);
      }
    } finally {
      this.#isOver = true;
      for (const wake of this.#waiters) wake();
    }
  }

  /** Resolves after the next look that begins from now on, however it went. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isOver) return resolve();
      this.#waiters.push(resolve);
      this.#own.pollBell.ring();
    });
  }

  /** Waits so long, or until there is a reason to look. */
  async #rest(milliseconds: number): Promise<void> {
    const { clock, signal, pollBell, pace } = this.#own;
    const end = clock.now() + milliseconds;
    const step = this.#endings.canBeSeen
      ? Math.max(pace.moving, Math.min(milliseconds / glancesPerRest, longestUnseenMs))
      : milliseconds;
    for (let left = milliseconds; ; left = end - clock.now()) {
      if (await pollBell.wait(Math.min(step, left), { clock, signal })) return;
      if (signal.aborted || clock.now() >= end || (await this.#endings.areNew())) return;
    }
  }

  #nextWait(look: "failed" | "moved" | "still", before: number, costMs: number): number {
    if (look === "failed") {
      const { first, factor, longest } = unreachablePace;
      return this.#failures === 1 ? first : Math.min(before * factor, longest);
    }
    const { tracked, pace } = this.#own;
    // What a job has said of its end, its scheduler knows in a moment.
    if (this.#endings.areExpected()) return Math.max(pace.moving, costMs);
    const longest = tracked.size > 0 ? pace.quiet : idlePace.longest;
    const wanted = look === "moved" ? pace.moving : Math.min(before * idlePace.factor, longest);
    return Math.max(wanted, costMs / pace.share);
  }

  async #look({ whole }: { readonly whole: boolean }): Promise<"failed" | "moved" | "still"> {
    const { budget, clock, health, signal, tracked, steps } = this.#own;
    await budget.take(signal, true);
    if (signal.aborted) return "still";
    // What is noted later than this may be younger than the queue.
    const followed = tracked.all();
    try {
      const look = await this.#looks.take(followed, { whole });
      const queue = look.rows;
      steps.reached("queue-read");
      if (look.isWhole) health.queue = queue;
      noteAnswer(health, clock);
      const hasCancelled = await this.#sendCancels(followed, queue);
      const sightings = await this.#compare(look, followed);
      const changed = await this.#write(sightings);
      await this.#freshen(followed);
      if (this.#failures > 0) this.#own.dispatchBell.ring();
      this.#failures = 0;
      return changed > 0 || hasCancelled ? "moved" : "still";
    } catch (error) {
      if (isOurs(error) || isAway(error)) throw error;
      this.#failures += 1;
      noteSilence(health, error);
      if (this.#failures === failuresBeforeStale) await this.#mark("stale", followed);
      return "failed";
    }
  }

  /** What is new about our jobs, from the queue or, of those that have left it, from what else there is. */
  async #compare(
    { rows: queue, isWhole }: QueueLook,
    followed: readonly TrackedJob[],
  ): Promise<readonly JobSighting[]> {
    const rows = new Map<string, QueueEntry[]>();
    for (const row of queue) {
      if (row.jobId === undefined) continue;
      const same = rows.get(row.jobId);
      if (same === undefined) rows.set(row.jobId, [row]);
      else same.push(row);
    }
    if (isWhole) await this.#readopt(rows);
    const sightings: JobSighting[] = [];
    const left: TrackedJob[] = [];
    for (const entry of followed) {
      const own = (rows.get(entry.job.id) ?? []).filter(({ jobNativeId }) => jobNativeId === entry.job.nativeId);
      const sighting = own.length === 0 ? undefined : compareRows(entry, own);
      if (sighting !== undefined) sightings.push(sighting);
      if (own.length === 0 || hasLeftParts(entry, own)) left.push(entry);
      else noteListed(entry);
    }
    sightings.push(...(await this.#settle(left, queue)));
    await this.#addOutputs(sightings);
    return sightings;
  }

  /** A job that had ended and is in the queue again was requeued by somebody. */
  async #readopt(rows: ReadonlyMap<string, readonly QueueEntry[]>): Promise<void> {
    const { tracked, store, fence } = this.#own;
    for (const id of this.#strangers) if (!rows.has(id)) this.#strangers.delete(id);
    const unknown = [...rows]
      .filter(([id, own]) => tracked.get(id) === undefined && !this.#strangers.has(id) && own.some(isLive))
      .map(([id]) => id);
    if (unknown.length === 0) return;
    const jobs = new Map((await store.getAll(unknown)).map((job) => [job.id, job]));
    for (const id of unknown) {
      const job = jobs.get(id);
      if (job === undefined || job.cluster !== fence.cluster) {
        this.#strangers.add(id);
        continue;
      }
      // One that is being submitted is noted by whoever submits it.
      if (!finalStates.has(job.state)) continue;
      const requeued = (rows.get(id) ?? []).filter((row) => isLive(row) && (row.restarts ?? 0) > job.restarts);
      const [row] = requeued;
      // Its script's path alone anybody can give to a job.
      if (row === undefined || row.jobNativeId !== job.nativeId || job.tasks !== undefined) continue;
      const [changed] = await store.applySightings([{ jobId: id, job: observationOf(row) }], fence);
      if (changed !== undefined) tracked.put(changed);
    }
  }

  async #settle(left: readonly TrackedJob[], queue: readonly QueueEntry[]): Promise<readonly JobSighting[]> {
    const { sightings, seen, hidden, unknown } = await settleLeft(this.#own, left, queue);
    await this.#mark("fresh", seen);
    await this.#mark("hidden", hidden);
    await this.#mark("stale", unknown);
    return sightings;
  }

  /** Where the output of what has just begun goes: Slurm tells it for as long as it remembers the job. */
  async #addOutputs(sightings: JobSighting[]): Promise<void> {
    const { cluster, tracked, urgent } = this.#own;
    let asked = 0;
    for (const [at, sighting] of sightings.entries()) {
      const job = tracked.get(sighting.jobId)?.job;
      const submitted = job === undefined ? undefined : toSubmitted(job);
      if (job === undefined || submitted === undefined || sighting.job?.startedAt === undefined) continue;
      // A job that was requeued may write elsewhere than before.
      const isKnown = job.stdoutPath !== undefined && sighting.job.startedAt === job.startedAt;
      if (isKnown || job.tasks !== undefined || asked >= outputsPerLook) continue;
      asked += 1;
      const observation = { nativeId: submitted.nativeId, ...sighting.job };
      const files = await cluster.outputs(submitted, [observation], urgent).catch(() => []);
      const path = (stream: string): string | undefined => files.find((file) => file.stream === stream)?.path;
      const [stdoutPath, stderrPath] = [path("stdout"), path("stderr")];
      sightings[at] = {
        ...sighting,
        job: {
          ...sighting.job,
          ...(stdoutPath !== undefined && { stdoutPath }),
          ...(stderrPath !== undefined && { stderrPath }),
        },
      };
    }
  }

  async #write(sightings: readonly JobSighting[]): Promise<number> {
    const { store, fence, tracked, steps } = this.#own;
    let changed = 0;
    for (let at = 0; at < sightings.length; at += sightingsPerWrite) {
      const part = sightings.slice(at, at + sightingsPerWrite);
      const jobs = await store.applySightings(part, fence);
      steps.reached("sightings-stored");
      changed += jobs.length;
      for (const job of jobs) tracked.put(job);
    }
    return changed;
  }

  /** What was stale or hidden and has been seen again is fresh, though nothing else of it has changed. */
  async #freshen(followed: readonly TrackedJob[]): Promise<void> {
    const seen = followed.filter(({ job, settleAt }) => job.freshness !== "fresh" && settleAt === 0);
    await this.#mark("fresh", seen);
  }

  async #mark(freshness: "fresh" | "stale" | "hidden", entries: readonly TrackedJob[]): Promise<void> {
    const { store, fence, tracked } = this.#own;
    const jobIds = entries
      .filter(({ job }) => job.freshness !== freshness && tracked.get(job.id) !== undefined)
      .map(({ job }) => job.id);
    if (jobIds.length === 0) return;
    await store.markFreshness(freshness, fence, { jobIds });
    for (const job of await store.getAll(jobIds)) tracked.put(job);
  }

  /** Says whether there were any. A job whose number is another's by now is past being cancelled. */
  async #sendCancels(followed: readonly TrackedJob[], queue: readonly QueueEntry[]): Promise<boolean> {
    const { cluster, clock, budget, signal, urgent, steps } = this.#own;
    let hasSent = false;
    for (const entry of followed) {
      const submitted = toSubmitted(entry.job);
      const sentLately = entry.cancelSentAt !== undefined && clock.now() - entry.cancelSentAt < cancelAgainMs;
      if (!entry.job.cancelRequested || sentLately || submitted === undefined) continue;
      if (isTakenOver(entry.job, queue)) continue;
      await budget.take(signal, true);
      if (signal.aborted) return hasSent;
      entry.cancelSentAt = clock.now();
      hasSent = true;
      try {
        await cluster.cancel(submitted, urgent);
        steps.reached("cancel-sent");
      } catch (error) {
        // A refusal is told to whoever asked; the job goes on, and so does the look at it.
        if (isOurs(error)) throw error;
        // One user who cannot be reached says nothing of the cluster.
        if (entry.job.user === undefined && error instanceof SluiceError && error.code === "CLUSTER_UNREACHABLE") {
          throw error;
        }
      }
    }
    return hasSent;
  }
}

function isLive({ state }: JobObservation): boolean {
  return !finalStates.has(state);
}
