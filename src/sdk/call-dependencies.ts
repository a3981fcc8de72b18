import type { JobBody } from "../client/client.ts";
import { SluiceError } from "../errors.ts";
import { isFinal } from "../schema/job-transitions.ts";
import type { JobDependency } from "../schema/stored-job.ts";
import { ArrayWatch } from "./array-watch.ts";
import type { Backend } from "./backend.ts";
import { readDependencies, type Dependency } from "./define/dependency.ts";
import { DependencyNeverError } from "./job-end-errors.ts";
import { statusOf, type JobStatus } from "./job-status.ts";
import { jobMarkOf, type JobMark, type JobReference } from "./values/job-marker.ts";

/** What a job waits for, as its cluster is told. */
export interface CallDependencies {
  readonly body: NonNullable<JobBody["dependencies"]> | undefined;
  /** For earlier jobs of the same name and user too. */
  readonly isSingleton: boolean;
}

interface Asked {
  readonly backend: Backend;
  /** Of `after`, of the task itself. */
  readonly own: readonly Dependency[];
  /** `after` of the submission, as it was given. */
  readonly after: unknown;
  /** The jobs whose values are wanted. */
  readonly values: readonly JobReference[];
  readonly signal: AbortSignal | undefined;
}

/**
 * What a job has to wait for. Where jobs of its cluster cannot wait for others, this waits for them itself: then it throws
 * `DependencyNeverError` where one ends otherwise than asked.
 */
export async function readCallDependencies({ backend, own, after, values, signal }: Asked): Promise<CallDependencies> {
  const asked = [...own, ...(after === undefined ? [] : readDependencies([after]))];
  const on = new Map<string, JobDependency>();
  const add = (condition: JobDependency["condition"], mark: JobMark | undefined): void => {
    // An array of no items has no job.
    if (mark === undefined || mark.id === "") return;
    const task = "task" in mark ? mark.task : undefined;
    on.set(`${condition}:${mark.id}:${task ?? ""}`, { condition, jobId: mark.id, ...(task !== undefined && { task }) });
  };
  for (const reference of await wholeArrays(backend, values, signal)) add("afterok", reference);
  for (const one of asked) if (one.condition !== "singleton") add(one.condition, jobMarkOf(one.job));
  const isSingleton = asked.some(({ condition }) => condition === "singleton");
  const all = [...on.values()];
  if (all.length === 0 && !isSingleton) return { body: undefined, isSingleton };
  if (await backend.hasDependencies(signal)) {
    return { body: all.length === 0 ? undefined : { needs: "all", on: all }, isSingleton };
  }
  if (isSingleton) {
    throw new SluiceError(
      "CAPABILITY_MISSING",
      `after.singleton: ${backend.description} cannot have a job wait for others of its name`,
      {
        details: { field: "after" },
      },
    );
  }
  await Promise.all(all.map((dependency) => untilMet(backend, dependency, signal ?? new AbortController().signal)));
  return { body: undefined, isSingleton };
}

/** All tasks of an array are waited for as the one job that they are. */
async function wholeArrays(
  backend: Backend,
  values: readonly JobReference[],
  signal: AbortSignal | undefined,
): Promise<readonly JobReference[]> {
  const tasks = new Map<string, Set<number>>();
  for (const { id, task } of values) {
    if (task !== undefined) tasks.set(id, (tasks.get(id) ?? new Set()).add(task));
  }
  const whole = new Set<string>();
  for (const [id, asked] of tasks) {
    if (asked.size > 1 && (await backend.job(id, { signal })).tasks?.length === asked.size) whole.add(id);
  }
  return values.map((reference) => (whole.has(reference.id) ? { id: reference.id } : reference));
}

/** The error for the first of these that can never be met any more; `undefined` where there is none. */
export async function findNever(
  backend: Backend,
  { body }: CallDependencies,
  signal: AbortSignal | undefined,
): Promise<DependencyNeverError | undefined> {
  for (const dependency of body?.on ?? []) {
    const { status, name } = await look(backend, dependency, signal);
    if (isFinal(status.state) && !isMet(dependency, status)) return neverMet(dependency, name, status);
  }
  return undefined;
}

async function look(backend: Backend, { jobId, task }: JobDependency, signal: AbortSignal | undefined) {
  const record = await backend.job(jobId, { signal });
  if (task === undefined) return { status: statusOf(record), name: record.name };
  return { status: await new ArrayWatch(backend, record, [task]).task(task).refresh({ signal }), name: record.name };
}

async function untilMet(backend: Backend, dependency: JobDependency, signal: AbortSignal): Promise<void> {
  const { jobId, task, condition } = dependency;
  const isEnough = (status: Pick<JobStatus, "state" | "startedAt">): boolean =>
    isFinal(status.state) || (condition === "after" && status.startedAt !== undefined);
  const record = await backend.wait(jobId, { signal, until: (job) => task !== undefined || isEnough(job) });
  const status =
    task === undefined ? statusOf(record) : await new ArrayWatch(backend, record, [task]).task(task).end(signal);
  if (!isMet(dependency, status)) throw neverMet(dependency, record.name, status);
}

function isMet({ condition }: JobDependency, { state }: JobStatus): boolean {
  if (condition === "after" || condition === "afterany") return true;
  return (state === "completed") === (condition !== "afternotok");
}

/** Its fields are those of the job that was waited for: the other was never made. */
function neverMet({ condition, jobId }: JobDependency, name: string, status: JobStatus): DependencyNeverError {
  const { nativeId, state, rawState, reason, exit, nodes } = status;
  const message = `the call can never run: it waits for job "${name}" (${nativeId ?? jobId}) by ${condition}, and that ended as ${state}`;
  const end = {
    jobId,
    nativeId,
    name,
    cluster: "",
    state,
    rawState,
    reason,
    exit,
    nodes,
    stderr: "",
    cancelledBy: undefined,
  };
  return new DependencyNeverError(message, end);
}
