import type { StoredEvent } from "../../schema/stored-event.ts";
import type { Clock } from "../clock.ts";
import type { EventFilter, JobStore } from "../store.ts";
import { Bell } from "./bell.ts";

/** Events that are kept for those who follow: far more than happen while one of them takes a breath. */
const kept = 20_000;
const pageSize = 1_000;
/** The store tells of what it writes; this is for a word that was lost on the way. */
const lookAgainMs = 5_000;

export type Followed = StoredEvent | { readonly missed: true; readonly seq: number };

/**
 * Reads new events from the store once, however many follow them. Followers that come with an old number read from the
 * store until they have caught up.
 */
export class EventHub implements AsyncDisposable {
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();
  /** The latest events, in order and without a gap; the first of them is `#first`. */
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
  async *follow(after: number | undefined, filter: EventFilter, signal: AbortSignal): AsyncGenerator<Followed> {
    await this.#start();
    const until = AbortSignal.any([signal, this.#stop.signal]);
    const bell = new Bell();
    // Who has caught up waits for the hub, which looks again by itself: thousands of them need no alarm of their own.
    let wake = (): void => {};
    using _listening = this.listen(() => {
      bell.ring();
      wake();
    });
    until.addEventListener("abort", () => wake(), { once: true });
    const wanted = toPredicate(filter);
    let cursor = after ?? this.#cursor;
    while (!until.aborted) {
      const recent = this.#after(cursor);
      if (recent === undefined) {
        const page = await this.#store.eventsAfter(cursor, { filter, limit: pageSize });
        if (page.missed) yield { missed: true, seq: page.cursor };
        yield* page.events;
        const isStill = page.cursor === cursor && !page.missed;
        cursor = page.cursor;
        // The store is ahead of what was read into memory.
        if (isStill) await bell.wait(lookAgainMs, { clock: this.#clock, signal: until });
        continue;
      }
      for (const event of recent) {
        cursor = event.seq;
        if (wanted(event)) yield event;
        if (until.aborted) return;
      }
      if (recent.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** What is in memory after that number; `undefined` where memory does not reach back so far, or the number is not of it. */
  #after(cursor: number): readonly StoredEvent[] | undefined {
    if (cursor > this.#cursor) return undefined;
    if (cursor === this.#cursor) return [];
    const first = this.#recent[0];
    if (first === undefined || cursor < first.seq - 1) return undefined;
    return this.#recent.slice(cursor - first.seq + 1);
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

function toPredicate({ jobId, clusters, owner, types }: EventFilter): (event: StoredEvent) => boolean {
  return (event) =>
    (jobId === undefined || event.jobId === jobId) &&
    (clusters === undefined || clusters.includes(event.cluster)) &&
    (owner === undefined || event.owner === owner) &&
    (types === undefined || types.includes(event.type));
}
