import type { Observer } from "./observer.ts";

/** One list for all copies of this package in a process. */
const key = Symbol.for("sluice.observers");

/** Those that `observe` was given, in order. */
export function globalObservers(): Observer[] {
  const shared: { [key]?: Observer[] } = Object(globalThis);
  return (shared[key] ??= []);
}

/**
 * Has an observer told of all jobs that this process submits to any cluster. At the top of a module that defines a task it
 * is also called in the job, and told there what happens in it. Disposing the answer takes it back.
 *
 * ```ts
 * observe(new LogObserver());
 * ```
 */
export function observe(observer: Observer): Disposable {
  const observers = globalObservers();
  observers.push(observer);
  return {
    [Symbol.dispose]() {
      const at = observers.indexOf(observer);
      if (at !== -1) observers.splice(at, 1);
    },
  };
}
