import { formatInvalid } from "./format-invalid.ts";

/** Steps that Slurm makes by itself and names rather than numbers (sacct(1), JobID). */
export const namedSteps = ["batch", "extern", "interactive"] as const;
export type NamedStep = (typeof namedSteps)[number];

/** What one job id of Slurm says; what it does not say is absent. */
export interface SlurmJobId {
  /** The job, or the array or heterogeneous job as a whole. */
  readonly job: number;
  /** One task of an array: 3 in `12_3`. */
  readonly task?: number;
  /** The tasks that still wait, as squeue lists them: `0-99%10` in `12_[0-99%10]`; `parseTaskList` reads it. */
  readonly tasks?: string;
  /** The component of a heterogeneous job: 1 in `12+1`. */
  readonly component?: number;
  /** The step: 0 in `12.0`. */
  readonly step?: number | NamedStep;
  /** The component of a heterogeneous step: 1 in `12.0+1`. */
  readonly stepComponent?: number;
  /** The cluster that took the job: `sbatch --parsable` on several clusters prints `12;cluster`. */
  readonly cluster?: string;
}

/** Job and task ids are 32-bit in Slurm; the two highest values mean "none" and "all". */
const largestId = 0xffff_fffd;

/** `[0-99%10]`, whole or cut: squeue's `%i` ends after some 30 characters, without its bracket. */
const taskList = String.raw`\[([\d,:-]+)((?:\.\.\.)?(?:%\d{1,10})?\]|\.{0,3}(?:%\d{0,10})?$)`;
const part = String.raw`_(\d{1,10})|_${taskList}|\+(\d{1,9})`;
const step = String.raw`(\d{1,10}|batch|extern|interactive)(?:\+(\d{1,9}))?`;
const shape = new RegExp(String.raw`^([1-9]\d{0,9})(?:${part})?(?:\.${step})?(?:;([\w.-]+))?$`);

/**
 * Reads a job id as squeue, sacct, scontrol and `sbatch --parsable` print it: `12`, `12_3`, `12_[0-99%10]`, `12+1`,
 * `12;cluster`, with a step `12.0`, `12.batch`, `12.extern`. A list of tasks that squeue cut (`12_[1,3,1`) gets the `...`
 * that marks it. Throws `FORMAT_INVALID`.
 */
export function parseJobId(text: string): SlurmJobId {
  const match = shape.exec(text);
  if (match === null) throw invalid(text, "not a job id");
  const [, job, task, tasks, tasksEnd = "", component, stepId, stepComponent, cluster] = match;
  if (Number(job) > largestId || Number(task ?? 0) > largestId) throw invalid(text, "a number is too large");
  return {
    job: Number(job),
    ...(task !== undefined && { task: Number(task) }),
    ...(tasks !== undefined && { tasks: tasks + (tasksEnd.endsWith("]") ? tasksEnd.slice(0, -1) : "...") }),
    ...(component !== undefined && { component: Number(component) }),
    ...(stepId !== undefined && { step: namedSteps.find((name) => name === stepId) ?? Number(stepId) }),
    ...(stepComponent !== undefined && { stepComponent: Number(stepComponent) }),
    ...(cluster !== undefined && { cluster }),
  };
}

/** Writes a job id as Slurm prints it. */
export function formatJobId(id: SlurmJobId): string {
  let text = String(id.job);
  if (id.task !== undefined) text += `_${id.task}`;
  else if (id.tasks !== undefined) text += `_[${id.tasks}]`;
  else if (id.component !== undefined) text += `+${id.component}`;
  if (id.step !== undefined) text += `.${id.step}`;
  if (id.stepComponent !== undefined) text += `+${id.stepComponent}`;
  if (id.cluster !== undefined) text += `;${id.cluster}`;
  return text;
}

function invalid(text: string, problem: string): Error {
  return formatInvalid("job id", text, problem, "give it as squeue shows it: 12, 12_3 or 12+1, with a step 12.0");
}
