import type { StoredEvent } from "../../schema/stored-event.ts";
import type { Clock } from "../clock.ts";
import type { Followed } from "../job-service.ts";
import type { EventFilter, EventPage, JobStore } from "../store.ts";
import { Bell } from "./bell.ts";
import { EventFollower, lookAgainMs, pageSize, type RecentEvents } from "./event-follower.ts";

/** Events that are kept for those who follow: far more than happen while one of them takes a breath. */
const kept = 20_000;

/**
 * Reads new events from the store once, however many follow them. Followers that come with an old number read from the
 * store until they have caught up.
 */
export class EventHub implements RecentEvents, AsyncDisposable {
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();
  /** The latest events, in order and without a gap. */
  #recent: StoredEvent[] = [];
  #cursor = 0;
  #running: Promise<void> | undefined;
  #ready: Promise<void> | undefined;

  constructor(store: JobStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Calls back with new events until it is disposed of. The listener must not throw. */
  listen(listener: (events: readonly StoredEvent[]) => void): Disposable {
    // A store that does not answer is told to who asks it for something.
    this.#start().catch(() => {});
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The number of the latest event that was read. */
  async last(): Promise<number> {
    await this.#start();
    return this.#cursor;
  }

  /** Events after that number, or from now on, until the signal aborts. */
  follow(after: number | undefined, filter: EventFilter, signal: AbortSignal): AsyncIterable<Followed> {
    const until = AbortSignal.any([signal, this.#stop.signal]);
    return new EventFollower({ recent: this, clock: this.#clock, filter, after, signal: until });
  }

  get cursor(): number {
    return this.#cursor;
  }

  get first(): number {
    return this.#recent[0]?.seq ?? this.#cursor + 1;
  }

  at(seq: number): StoredEvent | undefined {
    return this.#recent[seq - this.first];
  }

  page(after: number, filter: EventFilter): Promise<EventPage> {
    return this.#store.eventsAfter(after, { filter, limit: pageSize });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #start(): Promise<void> {
    return (this.#ready ??= (async () => {
      try {
        this.#cursor = await this.#store.lastEvent();
        this.#running = this.#run();
      } catch (error) {
        this.#ready = undefined;
        throw error;
      }
    })());
  }

  async #run(): Promise<void> {
    const bell = new Bell();
    using _heard = this.#store.subscribe(() => bell.ring());
    while (!this.#stop.signal.aborted) {
      try {
        while (await this.#read());
      } catch {
        // The store cannot be read now. Whoever writes or asks hears of it; here it is tried again.
      }
      await bell.wait(lookAgainMs, { clock: this.#clock, signal: this.#stop.signal });
    }
  }

  /** Reads the next events; says whether there may be more. */
  async #read(): Promise<boolean> {
    const { events, cursor, missed } = await this.#store.eventsAfter(this.#cursor, { limit: pageSize });
    if (missed || events.length > 0) {
      const follows = !missed && events[0]?.seq === this.#cursor + 1;
      this.#recent = [...(follows ? this.#recent : []), ...events].slice(-kept);
      this.#cursor = cursor;
      for (const listener of this.#listeners) listener(events);
    }
    return events.length === pageSize;
  }
}
