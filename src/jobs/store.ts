import type { SluiceError } from "../errors.ts";
import type { ApiToken } from "../schema/api-token.ts";
import type { JobObservation, JobState } from "../schema/job.ts";
import type { StoredEvent, StoredEventType } from "../schema/stored-event.ts";
import type { Freshness, JobError, StoredJob, StoredTask, Submission } from "../schema/stored-job.ts";

/** A job that is to be accepted. */
export interface NewJob {
  /** Sluice's own id (ULID), made by the caller: accepting the same id once more answers the job that is there. */
  readonly id: string;
  readonly cluster: string;
  readonly owner: string;
  /** The Unix user as whom it runs; the one that Sluice itself is there where absent. Never changed afterwards. */
  readonly user?: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly submission: Submission;
  /** The client's key, and a hash of all that it asked for; keys of two owners have nothing to do with each other. */
  readonly idempotency?: { readonly key: string; readonly hash: string };
}

/**
 * What became of one job of a batch: it is stored (`isNew`), it was there already, or its key was used for something else
 * (`IDEMPOTENCY_CONFLICT`).
 */
export type Acceptance =
  | { readonly job: StoredJob; readonly isNew: boolean; readonly conflict?: undefined }
  | { readonly conflict: SluiceError };

/** Who may write for a cluster; every later owner of the lease has a greater number. */
export interface Fence {
  readonly cluster: string;
  readonly token: number;
}

export interface Lease extends Fence {
  readonly holder: string;
  readonly expiresAt: string;
}

export const jobSortKeys = ["accepted", "started", "ended", "updated", "name"] as const;
export type JobSortKey = (typeof jobSortKeys)[number];

export interface JobFilter {
  readonly clusters?: readonly string[];
  readonly states?: readonly JobState[];
  readonly owner?: string;
  readonly name?: string;
  /** All of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** ISO 8601: accepted then or later, and before. */
  readonly acceptedFrom?: string;
  readonly acceptedBefore?: string;
}

export interface JobListing extends JobFilter {
  /** `accepted` where absent. Jobs without the time that is sorted by come as the oldest. */
  readonly sort?: JobSortKey;
  /** `descending` where absent: the newest first. */
  readonly order?: "ascending" | "descending";
  /** At most 1,000. */
  readonly limit: number;
  /** `next` of the page before, with the same filter and sort. */
  readonly cursor?: string;
}

export interface JobPage {
  readonly jobs: readonly StoredJob[];
  /** Absent on the last page. */
  readonly next?: string;
}

/** A change of state that Sluice itself makes, from the version it has seen. */
export interface JobMove {
  readonly jobId: string;
  readonly version: number;
  readonly to: JobState;
  readonly reason?: string;
  /** Of a move to `rejected`. */
  readonly error?: JobError;
  /** Of a dispatcher. */
  readonly fence?: Fence;
}

/** A job that the scheduler has taken. */
export interface Submitted {
  readonly jobId: string;
  readonly nativeId: string;
  readonly directory: string;
  readonly tasks?: readonly number[];
}

/** What was seen of one job. */
export interface JobSighting {
  readonly jobId: string;
  /** The job as a whole; of an array, what its tasks amount to. */
  readonly job?: Omit<JobObservation, "nativeId">;
  /** Tasks of an array, or components of a heterogeneous job; those left out stay as they are. */
  readonly tasks?: readonly JobObservation[];
}

/** A job that waits to be submitted, with all that is needed for it. */
export interface QueuedJob {
  readonly job: StoredJob;
  readonly submission: Submission;
}

/** How many jobs of one owner wait to be submitted as one Unix user. */
export interface QueueShare {
  readonly owner: string;
  /** Absent for whoever the connection is of. */
  readonly user?: string;
  readonly jobs: number;
  /** When the one that waits longest was accepted. */
  readonly oldestAt: string;
}

export interface EventFilter {
  readonly jobId?: string;
  readonly clusters?: readonly string[];
  readonly owner?: string;
  readonly types?: readonly StoredEventType[];
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Where to go on: all events up to here have been looked at, whether the filter took them or not. */
  readonly cursor: number;
  /**
   * Events after the one that was named are gone, or it never was: the caller cannot know what it missed and has to read
   * the jobs anew.
   */
  readonly missed: boolean;
}

export interface Pruning {
  /** ISO 8601: jobs that ended before, with their tasks and scripts. Those that an idempotency key names stay. */
  readonly jobsEndedBefore?: string;
  /** Events older than that go; so do the oldest beyond `keepEvents`. */
  readonly eventsBefore?: string;
  readonly keepEvents?: number;
  /** Idempotency keys older than that; those of the last 24 hours stay whatever is said. */
  readonly keysBefore?: string;
}

export interface Pruned {
  readonly jobs: number;
  readonly events: number;
  readonly keys: number;
}

/**
 * Where jobs, their events, leases and tokens are kept. Every adapter runs the suite in `store.contract.ts`.
 *
 * What a call has answered is on the disk. Every call is one transaction: it happens whole or not at all, and calls of any
 * number of processes look as if one had come after the other. Times are of the store's clock.
 *
 * Every method throws `STORE_UNAVAILABLE` while the database does not answer, is full or cannot be read; whether a write
 * that ended so has happened is then unknown, and all writes may be made again (a move that had happened then answers
 * `undefined`). A write with a fence throws `CLUSTER_BUSY`
 * once another holder has taken the lease. A move that `isTransition` forbids is a mistake in the program and a plain `Error`.
 */
export interface JobStore extends AsyncDisposable {
  /** `sqlite`, `postgres`. */
  readonly kind: string;
  /** For people: where it is, without secrets. */
  readonly name: string;

  /**
   * Stores jobs, each with its `accepted` event. One answer per job, in order. A key that was used before answers the same
   * job, within the batch too. Jobs accepted at the same time may share a transaction.
   */
  accept(jobs: readonly NewJob[]): Promise<readonly Acceptance[]>;

  get(jobId: string): Promise<StoredJob | undefined>;
  /** Several at once, in the order of the ids; those that are not there are left out. */
  getAll(jobIds: readonly string[]): Promise<readonly StoredJob[]>;
  submissionOf(jobId: string): Promise<Submission | undefined>;
  /** In the order of their numbers; only those that have been seen. */
  tasksOf(jobId: string): Promise<readonly StoredTask[]>;
  /** Throws `INPUT_INVALID` for a cursor that is none. */
  list(listing: JobListing): Promise<JobPage>;
  /** How many jobs there are in each state; states without jobs are left out. */
  count(filter: JobFilter): Promise<Readonly<Partial<Record<JobState, number>>>>;
  /** The jobs of these native ids on one cluster, by native id. Where the scheduler began to count anew, the latest. */
  byNativeId(cluster: string, nativeIds: readonly string[]): Promise<ReadonlyMap<string, StoredJob>>;

  /**
   * Jobs that wait to be submitted, in the order in which they were accepted: `accepted` ones, or those that a dispatcher
   * has begun to submit.
   */
  undispatched(
    cluster: string,
    options: { readonly state: "accepted" | "submitting"; readonly owner?: string; readonly limit: number },
  ): Promise<readonly QueuedJob[]>;
  /** Who has `accepted` jobs waiting for a cluster; the one who waits longest first. */
  waiting(cluster: string): Promise<readonly QueueShare[]>;
  /** The clusters that have jobs which are called `fresh` and have not ended, by name. */
  clustersOfActive(): Promise<readonly string[]>;
  /** Jobs that the scheduler has and has not ended, in the order in which they were accepted. */
  active(cluster: string): Promise<readonly StoredJob[]>;

  /** `undefined` when the job is not of that version any more: somebody else moved it first. */
  move(move: JobMove): Promise<StoredJob | undefined>;
  /** Several moves in one transaction, each for itself. */
  moveAll(moves: readonly JobMove[]): Promise<readonly (StoredJob | undefined)[]>;
  /**
   * Notes what `sbatch` answered: `submitting` becomes `pending`. A job that has been noted so already stays as it is.
   * `undefined` for a job that is not there, or that has gone another way.
   */
  recordSubmitted(submitted: readonly Submitted[], fence: Fence): Promise<readonly (StoredJob | undefined)[]>;
  /**
   * Lays what was seen over what is known, makes `fresh` what was seen, and writes an event for each job and task that it
   * changed. What a sighting leaves out stays; a state that `isTransition` forbids, such as a late look at a job that has
   * ended, is left aside whole. Gives the jobs that changed.
   */
  applySightings(sightings: readonly JobSighting[], fence: Fence): Promise<readonly StoredJob[]>;
  /** Of all active jobs of the fence's cluster, or of these alone. Gives how many it changed. */
  markFreshness(freshness: Freshness, fence: Fence, options?: { readonly jobIds?: readonly string[] }): Promise<number>;
  /**
   * Notes that the job's end is wanted. One that no dispatcher has taken is `cancelled` at once; one that has ended stays as
   * it is. `undefined` for a job that is not there.
   */
  requestCancel(jobId: string): Promise<StoredJob | undefined>;
  /** Forgets the wish that a job should end which has ended: it is to begin anew. Any other stays as it is. */
  withdrawCancel(jobId: string): Promise<void>;

  /** Events after that number, in order; from the oldest for 0. */
  eventsAfter(seq: number, options: { readonly filter?: EventFilter; readonly limit: number }): Promise<EventPage>;
  /** The number of the last event; 0 where there was none. */
  lastEvent(): Promise<number>;
  /**
   * Calls back soon after events were written, by this process or another, with the number of the last. Calls may be
   * joined: what happened is read with `eventsAfter`. The listener must not throw.
   */
  subscribe(listener: (lastSeq: number) => void): Disposable;

  /**
   * `undefined` while another holder has it. The same holder gets a new token, and its old one ends. Who knows that the
   * holder of a lease is dead names that lease as `heirOf`, and need not wait until it has run out.
   */
  acquireLease(
    cluster: string,
    holder: string,
    ttlMs: number,
    options?: { readonly heirOf?: Fence | undefined },
  ): Promise<Lease | undefined>;
  /** `undefined` when the lease has gone to another; one that ran out and that nobody took can be renewed. */
  renewLease(fence: Fence, ttlMs: number): Promise<Lease | undefined>;
  /** Lets another have it at once; a lease that has gone to another is left alone. */
  releaseLease(fence: Fence): Promise<void>;
  /** All leases that have not run out. */
  leases(): Promise<readonly Lease[]>;

  addToken(token: ApiToken): Promise<void>;
  /** Revoked and expired ones too: the caller judges. */
  findToken(hash: string): Promise<ApiToken | undefined>;
  tokens(): Promise<readonly ApiToken[]>;
  /** `undefined` for an id that is not there; one that is revoked already stays as it is. */
  revokeToken(id: string): Promise<ApiToken | undefined>;

  prune(pruning: Pruning): Promise<Pruned>;
}
