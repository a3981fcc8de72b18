import { SluiceError } from "../../errors.ts";
import type { StoredEvent } from "../../schema/stored-event.ts";
import type { Clock } from "../clock.ts";
import type { Cluster, QueueEntry, RequestBudget } from "../cluster.ts";
import type { ClusterDirectory, ListedCluster } from "../cluster-directory.ts";
import type { Lease } from "../store.ts";
import { acquireLease, type LeaseDeps } from "./acquire-lease.ts";
import { Bell } from "./bell.ts";
import { CachedInventory } from "./cached-inventory.ts";
import { Dispatcher } from "./dispatcher.ts";
import { isAway, noteAnswer, noteSilence, type Health, type OwnedCluster, type PollPace } from "./owned-cluster.ts";
import { endJobsBefore, markJobsStale } from "./part-with-jobs.ts";
import { Poller } from "./poller.ts";
import type { Steps } from "./steps.ts";
import { TokenBucket } from "./token-bucket.ts";
import { TrackedJobs } from "./tracked-jobs.ts";
import { usersCluster, type UsersCluster } from "./users-cluster.ts";

export interface ClusterLoopDeps extends LeaseDeps {
  readonly clock: Clock;
  readonly steps: Steps;
  readonly directory: ClusterDirectory;
  readonly pace: PollPace;
  /** Told of what nobody has asked for and went wrong: a mistake in the program, or a store that does not answer. */
  readonly report: (error: unknown) => void;
}

/** Where neither somebody nor the cluster has said how much it likes. */
const defaultBudget: RequestBudget = { burst: 60, perSecond: 20 };
const retryMs = 1_000;
/** A queue that another process polls is read here for the doors alone, and not more often than this. */
const borrowedQueueMs = 5_000;
/** What was begun when the engine ends may take so long to come to its end. */
const graceMs = 10_000;

/** One cluster in this process: opened once, and dispatched and polled for as long as its lease can be had. */
export class ClusterLoop implements AsyncDisposable {
  /** As the directory last showed it. */
  listed: ListedCluster;
  readonly health: Health = { status: "unknown", pollMs: 1_000, queue: [] };
  readonly #deps: ClusterLoopDeps;
  readonly #budget: TokenBucket;
  readonly #stop = new AbortController();
  readonly #dispatchBell = new Bell();
  readonly #pollBell = new Bell();
  /** Nodes and partitions, whichever process polls the queue. */
  readonly inventory: CachedInventory;
  #opened: Promise<UsersCluster> | undefined;
  /** The cluster as each Unix user but Sluice's own, once a job of that user has asked for it. */
  readonly #openedAs = new Map<string, Promise<Cluster>>();
  /** Whether its jobs have been marked as those of a cluster that is stopped or gone. */
  #isAway = false;
  #owned: { readonly poller: Poller; readonly tracked: TrackedJobs } | undefined;
  #running: Promise<void> | undefined;
  #borrowed: { readonly at: number; readonly queue: Promise<readonly QueueEntry[]> } | undefined;

  constructor(listed: ListedCluster, deps: ClusterLoopDeps) {
    this.listed = listed;
    this.#deps = deps;
    this.#budget = new TokenBucket(listed.budget ?? defaultBudget, deps.clock);
    this.inventory = new CachedInventory({
      clock: deps.clock,
      ask: async (signal) => (await this.cluster(signal)).inventory(signal),
    });
  }

  /** The cluster itself, within its budget once the promise has resolved. Throws as `ClusterDirectory.open`. */
  async cluster(signal: AbortSignal, urgent = true): Promise<UsersCluster> {
    const cluster = await this.#open();
    await this.#budget.take(signal, urgent);
    return cluster;
  }

  /** The cluster where its scheduler is not asked for anything. Throws as `ClusterDirectory.open`. */
  files(): Promise<UsersCluster> {
    return this.#open();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something of this cluster's jobs has happened, here or in another process. */
  hear(event: StoredEvent): void {
    if (event.type === "cancel-requested") {
      const entry = this.#owned?.tracked.get(event.jobId);
      if (entry !== undefined) entry.job = { ...entry.job, cancelRequested: true };
      this.#pollBell.ring();
    }
    this.#dispatchBell.ring();
  }

  /** Resolves after the next look at the queue, where this process takes them; else at once. */
  async nextLook(): Promise<void> {
    await this.#owned?.poller.next();
  }

  /** The queue as of the last look; asked for where another process takes the looks. */
  async queue(signal: AbortSignal): Promise<readonly QueueEntry[]> {
    const wasRead = this.health.lastAnswer !== undefined;
    if (this.#owned !== undefined && wasRead) return this.health.queue;
    const { clock } = this.#deps;
    const isOld = this.#borrowed === undefined || clock.now() - this.#borrowed.at >= borrowedQueueMs;
    if (isOld) this.#borrowed = { at: clock.now(), queue: this.#borrow(signal) };
    return (await this.#borrowed?.queue) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.inventory[Symbol.asyncDispose]();
    await this.#running;
  }

  async #borrow(signal: AbortSignal): Promise<readonly QueueEntry[]> {
    try {
      const queue = await (await this.cluster(signal)).queue(signal);
      this.health.queue = queue;
      noteAnswer(this.health, this.#deps.clock);
      return queue;
    } catch (error) {
      noteSilence(this.health, error);
      throw error;
    }
  }

  #open(): Promise<UsersCluster> {
    this.#opened ??= (async () => {
      try {
        const own = await this.#deps.directory.open(this.listed.name);
        return usersCluster(own, (user) => this.#openAs(user));
      } catch (error) {
        this.#opened = undefined;
        throw error;
      }
    })();
    return this.#opened;
  }

  async #openAs(user: string): Promise<Cluster> {
    const opening = this.#openedAs.get(user) ?? this.#deps.directory.open(this.listed.name, user);
    this.#openedAs.set(user, opening);
    try {
      return await opening;
    } catch (error) {
      this.#openedAs.delete(user);
      throw error;
    }
  }

  async #run(): Promise<void> {
    const { clock, leaseMs, report } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const cluster = await this.#open();
        const lease = await acquireLease(this.#deps, this.listed.name);
        if (lease !== undefined) {
          await this.#own(cluster, lease);
          continue;
        }
        await clock.sleep(leaseMs / 10, signal);
      } catch (error) {
        // Expected while the store or the cluster's place does not answer.
        if (!(error instanceof SluiceError)) report(error);
        if (isAway(error)) await this.#putAway();
        noteSilence(this.health, error);
        await clock.sleep(retryMs, signal);
      }
    }
  }

  /** The cluster has stopped or gone; it is opened anew when it is there again. */
  async #putAway(): Promise<void> {
    this.#opened = undefined;
    if (this.#isAway) return;
    this.#isAway = true;
    await markJobsStale(this.#deps, this.listed.name).catch(this.#deps.report);
  }

  /** Dispatches and polls until the lease is lost, something fails, or the engine ends. */
  async #own(cluster: UsersCluster, lease: Lease): Promise<void> {
    const { store, clock, steps, pace } = this.#deps;
    const lost = new AbortController();
    const urgent = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, lost.signal]);
    const grace = setTimeoutOnAbort(signal, graceMs, () => urgent.abort());
    try {
      this.#isAway = false;
      if (this.listed.since !== undefined) await endJobsBefore(store, lease, this.listed.since);
      const tracked = await TrackedJobs.load(store, this.listed.name);
      const owned: OwnedCluster = {
        cluster,
        fence: lease,
        store,
        clock,
        steps,
        pace,
        budget: this.#budget,
        health: this.health,
        tracked,
        isRemote: this.listed.isRemote === true,
        dispatchBell: this.#dispatchBell,
        pollBell: this.#pollBell,
        signal,
        urgent: urgent.signal,
      };
      const poller = new Poller(owned);
      this.#owned = { poller, tracked };
      const ending = async (work: Promise<void>): Promise<void> => {
        try {
          await work;
        } finally {
          lost.abort();
        }
      };
      const works = [
        this.#keepLease(lease, signal),
        this.#fitBudget(cluster, signal),
        new Dispatcher(owned).run(),
        poller.run(),
      ];
      const results = await Promise.allSettled(works.map((work, at) => (at === 1 ? work : ending(work))));
      const failure = results.find((result) => result.status === "rejected");
      const isLost = failure?.reason instanceof SluiceError && failure.reason.code === "CLUSTER_BUSY";
      if (failure !== undefined && !isLost) throw failure.reason;
    } finally {
      this.#owned = undefined;
      lost.abort();
      clearTimeout(grace());
      await store.releaseLease(lease).catch(() => {});
    }
  }

  /** Renews the lease until the signal aborts; ends when it is lost, or may be because the store does not answer. */
  async #keepLease(lease: Lease, signal: AbortSignal): Promise<void> {
    const { store, clock, leaseMs } = this.#deps;
    let keptAt = clock.now();
    for (;;) {
      await clock.sleep(leaseMs / 3, signal);
      if (signal.aborted) return;
      try {
        if ((await store.renewLease(lease, leaseMs)) === undefined) return;
        keptAt = clock.now();
      } catch (error) {
        if (!(error instanceof SluiceError) || clock.now() - keptAt > leaseMs) throw error;
      }
    }
  }

  /** What the cluster asks its users to keep to, where nobody has said otherwise. */
  async #fitBudget(cluster: UsersCluster, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    if (this.listed.budget !== undefined) return;
    while (!signal.aborted) {
      try {
        await this.#budget.take(signal);
        const asked = await cluster.budget(signal);
        if (asked !== undefined) this.#budget.resize(asked);
        return;
      } catch {
        // It does not answer yet, which the poller tells.
        await clock.sleep(10_000, signal);
      }
    }
  }
}

/** Calls back so long after the abort; gives the timer, where it has been set. */
function setTimeoutOnAbort(
  signal: AbortSignal,
  milliseconds: number,
  call: () => void,
): () => NodeJS.Timeout | undefined {
  let timer: NodeJS.Timeout | undefined;
  const set = (): void => void (timer = setTimeout(call, milliseconds));
  if (signal.aborted) set();
  else signal.addEventListener("abort", set, { once: true });
  return () => timer;
}
