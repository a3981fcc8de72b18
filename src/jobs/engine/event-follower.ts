import type { StoredEvent } from "../../schema/stored-event.ts";
import type { Clock } from "../clock.ts";
import type { Followed } from "../job-service.ts";
import type { EventFilter, EventPage } from "../store.ts";
import { Bell } from "./bell.ts";

/** The store tells of what it writes; this is for a word that was lost on the way. */
export const lookAgainMs = 5_000;
/** Events that are read from the store at once. */
export const pageSize = 1_000;

/** The latest events, as far as they are in memory. */
export interface RecentEvents {
  /** The number of the latest that was read. */
  readonly cursor: number;
  /** The number of the first in memory; above `cursor` where there is none. */
  readonly first: number;
  at(seq: number): StoredEvent | undefined;
  /** The number of the latest event, once the hub is at work. Throws what the store throws. */
  last(): Promise<number>;
  /** Calls back with new events until it is disposed of. The listener must not throw. */
  listen(listener: () => void): Disposable;
  /** Reads events from the store, for those who are behind what memory holds. */
  page(after: number, filter: EventFilter): Promise<EventPage>;
}

interface Place {
  readonly recent: RecentEvents;
  readonly clock: Clock;
  readonly filter: EventFilter;
  /** The number after which events are told; from now on where absent. */
  readonly after: number | undefined;
  readonly signal: AbortSignal;
}

type Told = IteratorResult<Followed, undefined>;

/**
 * One who follows the events. Whoever has caught up is told in the same turn in which the hub hears of an event, by nothing
 * but a promise: thousands follow, and what each costs is what the last of them waits. Nothing is kept for a slow one, who
 * reads on from where it was.
 */
export class EventFollower implements AsyncIterableIterator<Followed, undefined> {
  readonly #place: Place;
  readonly #isWanted: (event: StoredEvent) => boolean;
  readonly #listening: Disposable;
  /** Read from the store, and not told yet. */
  #page: Followed[] = [];
  #cursor = 0;
  #hasBegun = false;
  #isOver = false;
  #waiting: { readonly tell: (told: Told | Promise<Told>) => void } | undefined;
  readonly #bell = new Bell();

  constructor(place: Place) {
    this.#place = place;
    this.#isWanted = toPredicate(place.filter);
    this.#listening = place.recent.listen(() => this.#hear());
    place.signal.addEventListener("abort", this.#end, { once: true });
    if (place.signal.aborted) this.#end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Told> {
    if (this.#isOver) return Promise.resolve(over);
    if (!this.#hasBegun) return this.#begin();
    const read = this.#page.shift();
    if (read !== undefined) return Promise.resolve({ done: false, value: read });
    const taken = this.#take();
    if (taken === "behind") return this.#catchUp();
    if (taken !== undefined) return Promise.resolve({ done: false, value: taken });
    return new Promise((tell) => (this.#waiting = { tell }));
  }

  return(): Promise<Told> {
    this.#end();
    return Promise.resolve(over);
  }

  readonly #end = (): void => {
    this.#isOver = true;
    this.#listening[Symbol.dispose]();
    this.#place.signal.removeEventListener("abort", this.#end);
    this.#waiting?.tell(over);
  };

  #hear(): void {
    this.#bell.ring();
    const waiting = this.#waiting;
    const taken = waiting && this.#take();
    if (waiting === undefined || taken === undefined) return;
    this.#waiting = undefined;
    waiting.tell(taken === "behind" ? this.#catchUp() : { done: false, value: taken });
  }

  /** The next event that is wanted, of those in memory; `undefined` where there is none yet. */
  #take(): StoredEvent | "behind" | undefined {
    const { recent } = this.#place;
    if (this.#isBehind()) return "behind";
    while (this.#cursor < recent.cursor) {
      this.#cursor += 1;
      const event = recent.at(this.#cursor);
      if (event !== undefined && this.#isWanted(event)) return event;
    }
    return undefined;
  }

  async #begin(): Promise<Told> {
    const { recent, after } = this.#place;
    const last = await recent.last();
    this.#cursor = after ?? last;
    this.#hasBegun = true;
    return this.next();
  }

  async #catchUp(): Promise<Told> {
    const { recent, filter, clock, signal } = this.#place;
    while (!this.#isOver) {
      const page = await recent.page(this.#cursor, filter);
      const isStill = page.cursor === this.#cursor && !page.missed;
      this.#cursor = page.cursor;
      this.#page = [...(page.missed ? [{ missed: true, seq: page.cursor } as const] : []), ...page.events];
      const read = this.#page.shift();
      if (read !== undefined) return { done: false, value: read };
      // The store is ahead of what was read into memory.
      if (isStill) await this.#bell.wait(lookAgainMs, { clock, signal });
      if (this.#isBehind()) continue;
      return this.next();
    }
    return over;
  }

  #isBehind(): boolean {
    const { recent } = this.#place;
    return this.#cursor > recent.cursor || this.#cursor + 1 < recent.first;
  }
}

const over: Told = { done: true, value: undefined };

function toPredicate({ jobId, clusters, owner, types }: EventFilter): (event: StoredEvent) => boolean {
  return (event) =>
    (jobId === undefined || event.jobId === jobId) &&
    (clusters === undefined || clusters.includes(event.cluster)) &&
    (owner === undefined || event.owner === owner) &&
    (types === undefined || types.includes(event.type));
}
