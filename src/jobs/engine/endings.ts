import { SluiceError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { toSubmitted, type OwnedCluster } from "./owned-cluster.ts";

/** Where more are followed, looks at the queue alone see what becomes of them. */
const mostJobs = 32;
/** A scheduler that does not know of an end so long after it was said has other reasons than that it is slow. */
const expectedMs = 2_000;

/** What of an owned cluster is needed to see ends. */
export interface Overseen extends Pick<OwnedCluster, "cluster" | "isRemote" | "tracked" | "signal"> {
  readonly clock: Pick<Clock, "now">;
}

/** What jobs of this machine say of their ends, between two looks at the queue of their cluster. */
export class Endings {
  readonly #own: Overseen;
  /** When it was first seen, in milliseconds of the clock, by Sluice's id. */
  readonly #said = new Map<string, number>();

  constructor(own: Overseen) {
    this.#own = own;
  }

  get canBeSeen(): boolean {
    const { cluster, isRemote, tracked } = this.#own;
    return cluster.saidEnded !== undefined && !isRemote && tracked.size > 0 && tracked.size <= mostJobs;
  }

  /** Whether a job has said it that had not when this was last asked. */
  async areNew(): Promise<boolean> {
    const { cluster, clock, tracked, signal } = this.#own;
    if (!this.canBeSeen) return false;
    // Another user's folders are closed to this one.
    const own = tracked.all().filter(({ job }) => job.user === undefined);
    const jobs = own.map(({ job }) => toSubmitted(job)).filter((job) => job !== undefined);
    let said: ReadonlySet<string>;
    try {
      said = (await cluster.saidEnded?.(jobs, signal)) ?? new Set();
    } catch (error) {
      if (error instanceof SluiceError) return false;
      throw error;
    }
    // One that was put into the queue again begins anew.
    for (const id of this.#said.keys()) if (!said.has(id)) this.#said.delete(id);
    const fresh = [...said].filter((id) => !this.#said.has(id));
    for (const id of fresh) this.#said.set(id, clock.now());
    return fresh.length > 0;
  }

  /** Whether the scheduler is about to know of an end, if it does not already. */
  areExpected(): boolean {
    const { clock, tracked } = this.#own;
    for (const id of this.#said.keys()) if (tracked.get(id) === undefined) this.#said.delete(id);
    return [...this.#said.values()].some((at) => clock.now() - at < expectedMs);
  }
}
