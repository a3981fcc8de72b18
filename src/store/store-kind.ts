import type { Clock } from "../jobs/clock.ts";
import type { JobStore } from "../jobs/store.ts";
import type { TopologyBounds, TopologyStore } from "../topology/topology-store.ts";

/** Everything that is kept in one database. */
export interface OpenStore extends JobStore {
  readonly topology: TopologyStore;
}

/** What a store is opened with, whatever its kind. */
export interface StoreOpening {
  /** As the user wrote it; it may hold a password, so it stands in no message. */
  readonly url: string;
  readonly clock: Clock;
  /** How long to wait for another process that writes before `STORE_UNAVAILABLE`; 10 s where absent. */
  readonly patienceMs?: number;
  /** How much of the history of topology is kept; `topologyBounds` where absent. */
  readonly topologyBounds?: TopologyBounds;
}

/** A kind of store: one folder here, and one line in the list beside. */
export interface StoreKind {
  readonly kind: string;
  /** How its addresses begin, such as `postgres:`. */
  readonly schemes: readonly string[];
  /** Whether machines that have nothing else in common may share one. */
  readonly isShared: boolean;
  /**
   * Opens the store, made and brought up to date where it must be. Throws `STORE_UNAVAILABLE`, `STORE_NEWER`, and
   * `INPUT_INVALID` for an address that is none.
   */
  open(opening: StoreOpening): Promise<OpenStore>;
}

export const defaultPatienceMs = 10_000;
