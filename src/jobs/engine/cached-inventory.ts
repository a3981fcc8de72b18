import type { ClusterInventory } from "../../schema/cluster-inventory.ts";
import type { Clock } from "../clock.ts";
import type { CountedInventory } from "../job-service.ts";
import { countPartitions } from "./count-partitions.ts";

export interface CachedInventoryDeps {
  readonly clock: Clock;
  /** Asks the cluster. */
  readonly ask: (signal: AbortSignal) => Promise<ClusterInventory>;
}

/** The cluster is asked at most once in so many milliseconds, however many read. */
const refreshMs = 10_000;
/** Who has an older answer to go by waits no longer than this for a new one. */
const patienceMs = 1_000;

/**
 * A cluster's inventory for any number of readers. One question is under way at a time, and a cluster that does not answer
 * is not asked more often than one that does.
 */
export class CachedInventory implements AsyncDisposable {
  readonly #deps: CachedInventoryDeps;
  readonly #stop = new AbortController();
  #last: Pick<CountedInventory, "asOf" | "nodes" | "partitions"> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(deps: CachedInventoryDeps) {
    this.#deps = deps;
  }

  /** Throws what the cluster's last answer was where it has never given its inventory. */
  async read(signal: AbortSignal): Promise<CountedInventory> {
    const { clock } = this.#deps;
    const age = clock.now() - this.#askedAt;
    // A clock that was set back must not keep an old answer for as long.
    if (this.#asking === undefined && (age >= refreshMs || age < 0)) this.#asking = this.#refresh();
    if (this.#asking !== undefined) await this.#wait(this.#asking, signal);
    if (this.#last === undefined) {
      signal.throwIfAborted();
      throw this.#failure?.error;
    }
    const message = this.#failure?.error instanceof Error ? this.#failure.error.message : undefined;
    return {
      ...this.#last,
      stale: this.#failure !== undefined || this.#asking !== undefined,
      ...(message !== undefined && { message }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#asking;
  }

  async #refresh(): Promise<void> {
    const { clock, ask } = this.#deps;
    this.#askedAt = clock.now();
    try {
      const inventory = await ask(this.#stop.signal);
      const asOf = new Date(clock.now()).toISOString();
      this.#last = { asOf, nodes: inventory.nodes, partitions: countPartitions(inventory) };
      this.#failure = undefined;
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#asking = undefined;
    }
  }

  async #wait(asking: Promise<void>, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const waiting = AbortSignal.any([done.signal, signal]);
    const patience = this.#last === undefined ? untilAborted(waiting) : this.#deps.clock.sleep(patienceMs, waiting);
    await Promise.race([asking, patience]);
    done.abort();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
