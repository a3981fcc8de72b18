import { setImmediate } from "node:timers/promises";
import type { Acceptance, NewJob } from "../jobs/store.ts";
import { acceptJobs, checkNewJob } from "./accept-jobs.ts";
import type { Database, WriteTurn } from "./database.ts";
import { eventsAfter, eventState } from "./event-log.ts";
import { acquireLease, liveLeases, releaseLease, renewLease } from "./leases.ts";
import { Ledger } from "./ledger.ts";
import { markFreshness, moveJobs, recordSubmitted, requestCancel, withdrawCancel } from "./move-jobs.ts";
import { prune } from "./prune.ts";
import * as read from "./read-jobs.ts";
import { applySightings } from "./sightings.ts";
import type { OpenStore } from "./store-kind.ts";
import { addToken, findToken, listTokens, revokeToken } from "./tokens.ts";
import { topologyStore } from "./topology.ts";
import { topologyBounds, type TopologyBounds } from "../topology/topology-store.ts";

/** Most jobs of one transaction that several calls of `accept` share. */
const mostShared = 1_000;

interface WaitingAccept {
  readonly jobs: readonly NewJob[];
  readonly resolve: (answers: readonly Acceptance[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The store over one SQL database; `Database` says in what the databases differ. */
export function createSqlStore(database: Database, bounds: TopologyBounds = topologyBounds): OpenStore {
  const listeners = new Set<(last: number) => void>();
  const stop = new AbortController();
  let watching: Promise<void> | undefined;
  let told = 0;
  const accepts: WaitingAccept[] = [];
  let accepting: Promise<void> | undefined;

  function tell(last: number): void {
    if (last <= told) return;
    told = last;
    for (const listener of listeners) listener(last);
  }

  async function attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw database.translate(error);
    }
  }

  async function write<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    return attempt(async () => {
      const { result, last } = await database.write(async ({ trx, nowMs, last: before }) => {
        const ledger = new Ledger(trx, nowMs, before);
        return { result: await work(ledger), last: await ledger.close(database) };
      });
      if (last !== undefined) tell(last);
      return result;
    });
  }

  const turn = <T>(work: (turn: WriteTurn) => Promise<T>): Promise<T> => attempt(() => database.write(work));

  /** Calls that wait while a transaction ends share the next one: one sync of the disk answers them all. */
  async function acceptWaiting(): Promise<void> {
    while (accepts.length > 0) {
      const calls: WaitingAccept[] = [];
      for (let jobs = 0; accepts[0] !== undefined;) {
        jobs += accepts[0].jobs.length;
        if (calls.length > 0 && jobs > mostShared) break;
        calls.push(...accepts.splice(0, 1));
      }
      try {
        const answers = await write((ledger) =>
          acceptJobs(
            ledger,
            calls.flatMap(({ jobs }) => jobs),
          ),
        );
        let from = 0;
        for (const { jobs, resolve } of calls) resolve(answers.slice(from, (from += jobs.length)));
      } catch (error) {
        for (const { reject } of calls) reject(error);
      }
    }
    accepting = undefined;
  }

  const { reads } = database;

  return {
    kind: database.kind,
    name: database.name,

    async accept(jobs) {
      for (const job of jobs) checkNewJob(job);
      if (jobs.length === 0) return [];
      return new Promise((resolve, reject) => {
        accepts.push({ jobs, resolve, reject });
        // What else has come in with this turn of the event loop comes along.
        accepting ??= setImmediate().then(acceptWaiting);
      });
    },

    get: (jobId) => attempt(async () => (await read.getJobs(reads, [jobId]))[0]),
    getAll: (jobIds) => attempt(() => read.getJobs(reads, jobIds)),
    submissionOf: (jobId) => attempt(() => read.submissionOf(reads, jobId)),
    tasksOf: (jobId) => attempt(() => read.tasksOf(reads, jobId)),
    list: (listing) => attempt(() => read.listJobs(reads, listing)),
    count: (filter) => attempt(() => read.countJobs(reads, filter)),
    byNativeId: (cluster, nativeIds) => attempt(() => read.byNativeId(reads, cluster, nativeIds)),
    undispatched: (cluster, options) => attempt(() => read.undispatched(reads, cluster, options)),
    waiting: (cluster) => attempt(() => read.waiting(reads, cluster)),
    clustersOfActive: () => attempt(() => read.clustersOfActive(reads)),
    active: (cluster) => attempt(() => read.activeJobs(reads, cluster)),

    move: async (move) => (await write((ledger) => moveJobs(ledger, [move])))[0],
    moveAll: (moves) => write((ledger) => moveJobs(ledger, moves)),
    recordSubmitted: (submitted, fence) => write((ledger) => recordSubmitted(ledger, submitted, fence)),
    applySightings: (sightings, fence) => write((ledger) => applySightings(ledger, sightings, fence)),
    markFreshness: (freshness, fence, { jobIds } = {}) =>
      write((ledger) => markFreshness(ledger, freshness, fence, jobIds)),
    requestCancel: (jobId) => write((ledger) => requestCancel(ledger, jobId)),
    withdrawCancel: (jobId) => write((ledger) => withdrawCancel(ledger, jobId)),

    eventsAfter: (seq, options) => attempt(() => eventsAfter(reads, seq, options)),
    lastEvent: () => attempt(async () => (await eventState(reads)).last),
    subscribe(listener) {
      listeners.add(listener);
      watching ??= database.watch(tell, stop.signal);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },

    acquireLease: (cluster, holder, ttlMs, { heirOf } = {}) =>
      turn((it) => acquireLease(it, { cluster, holder, ttlMs, heirOf })),
    renewLease: (fence, ttlMs) => turn((it) => renewLease(it, fence, ttlMs)),
    releaseLease: (fence) => turn((it) => releaseLease(it, fence)),
    leases: () => attempt(async () => liveLeases(reads, await database.now())),

    addToken: (token) => turn((it) => addToken(it, token)),
    findToken: (hash) => attempt(() => findToken(reads, hash)),
    tokens: () => attempt(() => listTokens(reads)),
    revokeToken: (id) => turn((it) => revokeToken(it, id)),

    topology: topologyStore({ bounds, reads, attempt, turn }),

    prune: (pruning) => attempt(() => prune(database, pruning)),

    async [Symbol.asyncDispose]() {
      stop.abort();
      await accepting;
      await watching;
      await database.close();
    },
  };
}
