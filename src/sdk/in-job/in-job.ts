import { SluiceError } from "../../errors.ts";

/*
 * What a process knows of its being in a job. Copies of this package share it (a bundle has one of its own, and a module that
 * was left out of the bundle may load another), so it hangs on the global object.
 */
const inJob = Symbol.for("sluice.in-job");
const loading = Symbol.for("sluice.loading");

/** Whether this process makes the call of a job. */
export function isInJob(): boolean {
  return Reflect.get(globalThis, inJob) === true;
}

/** To be called before the module with the task function is loaded. */
export function enterJob(): void {
  Reflect.set(globalThis, inJob, true);
}

/** Loads the module of a task function; what it submits meanwhile is refused. */
export async function whileLoading(load: () => Promise<unknown>): Promise<void> {
  Reflect.set(globalThis, loading, true);
  try {
    await load();
  } finally {
    Reflect.set(globalThis, loading, false);
  }
}

/**
 * Throws `IN_JOB_SUBMIT` while a module is being loaded in a job: it stands at the top level there, so every job would submit
 * another one.
 */
export function refuseWhileLoading(what: string): void {
  if (Reflect.get(globalThis, loading) !== true) return;
  throw new SluiceError(
    "IN_JOB_SUBMIT",
    `${what}: this runs while the module of a task function is loaded in its job, so every job would submit more; ` +
      "submit from a function, or from another file than the one that defines the task",
  );
}

/** Throws `IN_JOB_SUBMIT`: the code of a task has nothing to submit with. */
export function refuseInTask(what: string): never {
  refuseWhileLoading(what);
  throw new SluiceError(
    "IN_JOB_SUBMIT",
    `${what}: a task has no cluster to submit to; make it a workflow, whose function gets one in its context`,
  );
}
