/** The property by which a job is known wherever it stands among arguments, whoever made it. */
export const jobMarker: unique symbol = Symbol.for("sluice.job");

/** One job, or one task of an array. */
export interface JobReference {
  /** Sluice's own id of the job. */
  readonly id: string;
  readonly task?: number;
}

/** What the marker says: one job or task, or all tasks of an array, which stand for the array of their values. */
export type JobMark = JobReference | { readonly id: string; readonly tasks: readonly number[] };

/**
 * What job or jobs an object stands for; `undefined` of anything else. The mark may have come from another copy of this
 * package, so it is looked at.
 */
export function jobMarkOf(value: object): JobMark | undefined {
  const mark: unknown = Reflect.get(value, jobMarker);
  if (typeof mark !== "object" || mark === null || !("id" in mark) || typeof mark.id !== "string") return undefined;
  const { id } = mark;
  if ("tasks" in mark) return Array.isArray(mark.tasks) ? { id, tasks: mark.tasks.filter(isTask) } : undefined;
  return "task" in mark && isTask(mark.task) ? { id, task: mark.task } : { id };
}

/** Whether a value may number a task of an array. */
export function isTask(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
