import type { AsyncLocalStorage } from "node:async_hooks";
import type { ArrayJob } from "./array-job.ts";
import type { MapOptions, SubmitOptions } from "./submit-options.ts";
import type { TaskDefinition } from "./define/task.ts";
import type { Job } from "./job.ts";

/** Where tasks go that are called directly: the cluster of `cluster.use(…)`, or that of a workflow. */
export interface Submitter {
  submitCall<T = unknown>(
    definition: TaskDefinition,
    args: readonly unknown[],
    options?: SubmitOptions,
  ): Promise<Job<T>>;
  /** Each item is an argument, or the list of all of them. */
  mapCalls<T = unknown>(
    definition: TaskDefinition,
    items: Iterable<unknown>,
    options?: MapOptions,
  ): Promise<ArrayJob<T>>;
}

/** One for all copies of this package in a process: a task may have been made by another than the cluster. */
const key = Symbol.for("sluice.scope");

const shared: { [key]?: AsyncLocalStorage<Submitter> } = Object(globalThis);

/** The cluster in whose scope this is called; `undefined` outside of all. */
export function currentSubmitter(): Submitter | undefined {
  return shared[key]?.getStore();
}

/** Calls the function in the scope of a cluster; what it starts and awaits is in it too. */
export function inScopeOf<T>(submitter: Submitter, call: () => T): T {
  // Asked for here, as the code of a task, which loads this too, has no use for it.
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  return (shared[key] ??= new AsyncLocalStorage()).run(submitter, call);
}
