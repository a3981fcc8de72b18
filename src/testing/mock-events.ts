import type { EventQuery, JobEvent } from "../client/client.ts";
import { systemClock } from "../jobs/clock.ts";
import type { StoredEvent } from "../schema/stored-event.ts";

type Unnumbered<E> = E extends StoredEvent ? Omit<E, "seq" | "at"> : never;

/** Milliseconds between two looks for news. */
const pauseMs = 5;

/** What has happened on a mock, in order. */
export class MockEvents {
  readonly #all: StoredEvent[] = [];

  add(event: Unnumbered<StoredEvent>): void {
    this.#all.push({ ...event, seq: this.#all.length + 1, at: new Date().toISOString() });
  }

  /**
   * As the client gives them, until the signal aborts. `look` is called where there is no news: a mock stands still while
   * nobody looks.
   */
  async *follow(query: EventQuery, look: () => Promise<unknown>, signal: AbortSignal): AsyncGenerator<JobEvent> {
    let next = query.after ?? this.#all.length;
    while (!signal.aborted) {
      const event = this.#all[next];
      if (event !== undefined) {
        next += 1;
        if (isAsked(event, query)) yield event;
        continue;
      }
      await look();
      if (this.#all[next] === undefined) await systemClock.sleep(pauseMs, signal);
    }
  }
}

function isAsked(event: StoredEvent, { job, cluster, type }: EventQuery): boolean {
  if (job !== undefined && event.jobId !== job) return false;
  if (cluster !== undefined && event.cluster !== cluster) return false;
  return type === undefined || type.split(",").includes(event.type);
}
