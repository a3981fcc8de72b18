/**
 * How a submitted request stands. `waiting`: another of its id may still replace it. `retrying`: an attempt has failed and the
 * next is due. `superseded`: another of its id came before it was begun. `lost`: its server ended before it was done.
 */
export const topologyStates = ["waiting", "running", "retrying", "done", "failed", "superseded", "lost"] as const;
export type TopologyState = (typeof topologyStates)[number];

/** Of what is in none of these, somebody may still say more. */
export const endedTopologyStates = ["done", "failed", "superseded", "lost"] as const satisfies readonly TopologyState[];

/** A submitted request, each with a number of its own, also where ids are equal. No credential is kept, and no parameter. */
export interface TopologyRecord {
  /** 1, 2, 3, … in the order of submission. */
  readonly number: number;
  /** As `requestId` makes it. */
  readonly id: string;
  readonly provider: string;
  readonly engine: string;
  /** How many instances the request names; 0 where they are to be discovered. */
  readonly nodes: number;
  readonly state: TopologyState;
  /** Attempts that were begun. */
  readonly attempts: number;
  /** HTTP status of the last attempt that ended, and what it failed with. */
  readonly status?: number;
  readonly reason?: string;
  readonly createdMs: number;
  /** When the first attempt began. */
  readonly startedMs?: number;
  /** When the next attempt is due, while it is `retrying`. */
  readonly nextAttemptMs?: number;
  readonly endedMs?: number;
}

export interface NewTopologyRecord extends Pick<TopologyRecord, "id" | "provider" | "engine" | "nodes" | "createdMs"> {
  /** The process that answers for it, as `nameHolder` names it. */
  readonly holder: string;
}

/** What has become of a record; `undefined` clears what stood there, what is not named stays. */
export interface TopologyChange {
  readonly state: TopologyState;
  readonly attempts?: number;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly startedMs?: number | undefined;
  readonly nextAttemptMs?: number | undefined;
  readonly endedMs?: number | undefined;
  /** The whole answer, with the last change of a record that has one. */
  readonly body?: string | undefined;
}

/** What a request was answered with. */
export interface TopologyAnswer {
  readonly status: number;
  readonly body: string;
}

export interface TopologyListing {
  readonly limit: number;
  /** Only records of smaller numbers. */
  readonly before?: number | undefined;
  /** Only records of this id. */
  readonly id?: string | undefined;
}

/** How many of the newest records are kept, and of how many of these the answer, too; of older ones nothing is. */
export interface TopologyBounds {
  readonly records: number;
  readonly answers: number;
}

export const topologyBounds: TopologyBounds = { records: 1_000, answers: 200 };

/**
 * The history of submitted requests: the newest of both within their bounds.
 * Throws `STORE_UNAVAILABLE`. Every adapter runs the suite in `topology-store.contract.ts`.
 */
export interface TopologyStore {
  /** Keeps a record, `waiting`; its number. */
  add(record: NewTopologyRecord): Promise<number>;
  /** Changes all records of these numbers that are still there. */
  change(numbers: readonly number[], change: TopologyChange): Promise<void>;
  get(number: number): Promise<TopologyRecord | undefined>;
  /** `undefined` while there is none, and where it is kept no longer. */
  answer(number: number): Promise<TopologyAnswer | undefined>;
  /** The newest first. */
  list(listing: TopologyListing): Promise<readonly TopologyRecord[]>;
  /** Of each id the newest record that none has superseded, where it has an answer: at most so many ids, the newest first. */
  latestAnswers(limit: number): Promise<readonly (TopologyAnswer & { readonly id: string })[]>;
  /** Numbers and holders of records that have not ended. */
  unfinished(): Promise<readonly { readonly number: number; readonly holder: string }[]>;
}
