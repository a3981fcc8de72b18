import type { After, AfterConditions } from "./define/dependency.ts";
import type { MapLimit } from "./define/task.ts";
import type { TaskOptions } from "./define/task-options.ts";
import type { Observer } from "./observers/observer.ts";
import type { ShippedCode } from "./shipping/shipped-code.ts";

/** What holds for all that is submitted to one cluster. */
export interface ClusterOptions {
  /** The lowest layer of options: `[submit]` of a Slurmfile. A task's own count before them, and those of a submit before both. */
  readonly submit?: TaskOptions;
  readonly observers?: readonly Observer[];
  /** The code of the workflow whose children are submitted, for packaging `inherit`. */
  readonly inherit?: ShippedCode;
  /** A folder that the children of a workflow share. */
  readonly sharedFolder?: string;
}

/** What counts for one submission alone. */
export interface SubmissionControl {
  /** What the job waits for beside the jobs among its arguments: jobs, which must succeed, or jobs by condition. */
  readonly after?: After | AfterConditions | undefined;
  /** Gives up submitting: a job that the scheduler does not have yet is cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a task for one submission; they count before its own. */
export type SubmitOptions = TaskOptions & SubmissionControl;

export type MapOptions = SubmitOptions & MapLimit;

/** Options of a script; they count before its `#SBATCH` lines, as those of sbatch's command line do. */
export type ScriptOptions = Omit<TaskOptions, "packaging" | "node" | "setup" | "srun" | "retries"> &
  SubmissionControl & {
    /** Arguments of the script. */
    readonly args?: readonly string[] | undefined;
    /** `0-9%2`: makes the job an array. */
    readonly array?: string | undefined;
  };
