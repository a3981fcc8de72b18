interface Work<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/**
 * Work that several may ask for at once and that is done once, by key. Who aborts waits no longer; when nobody waits, the
 * work is told to stop. What has ended, well or not, is forgotten.
 */
export class SharedWork<T> {
  readonly #running = new Map<string, Work<T>>();

  /** Rejects with the signal's reason when it aborts. */
  async do(key: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const shared = this.#running.get(key) ?? this.#start(key, work);
    shared.waiting += 1;
    try {
      return await (signal === undefined ? shared.result : unlessAborted(shared.result, signal));
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0 && this.#running.get(key) === shared) {
        this.#running.delete(key);
        shared.stop.abort();
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Work<T> {
    const stop = new AbortController();
    const result = work(stop.signal).finally(() => {
      if (this.#running.get(key) === started) this.#running.delete(key);
    });
    const started: Work<T> = { result, stop, waiting: 0 };
    // Who aborted does not look at it any more.
    result.catch(() => {});
    this.#running.set(key, started);
    return started;
  }
}

/** Rejects with the signal's reason where it aborts first. */
function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    void result.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
