import type { GivenOption } from "../../slurm/batch/read-options.ts";
import type { Retries, TaskOptions } from "../define/task-options.ts";
import type { ShippedCode } from "../shipping/shipped-code.ts";

/**
 * What the script of a call says of it, in the first line of its data. It holds no time and no chance, so that the same
 * call always gives the same script: by that a workflow that runs again finds its children.
 */
export interface CallHeader {
  readonly version: 1;
  /** Id of the task function: `src/train.ts#train`. */
  readonly task: string;
  readonly kind: "task" | "workflow";
  /** What the job is called. */
  readonly name: string;
  /** Whether the job is an array; written by the renderer. */
  readonly isArray?: boolean;
  /** What runs the call; the children of a workflow that inherit run it too. Written by the renderer. */
  readonly code?: ShippedCode;
  /** Where kept files are; `files` beside the folder of all jobs where absent. */
  readonly keptFolder?: string;
  /** A folder that the jobs of a workflow share; `shared` in the job's own folder where absent. */
  readonly sharedFolder?: string;
  /** The lowest layer of the options of a workflow's children: `[submit]` of the Slurmfile that counted for the workflow itself. */
  readonly submit?: TaskOptions;
}

/** When a call is made again, as `resolveOptions` says it. */
export type ScriptRetries = Required<Retries>;

/** All that the script of one call, or of the calls of one array, is made from. */
export interface TaskScript {
  readonly header: CallHeader;
  /** sbatch's options, the job's name and the array among them. */
  readonly options: readonly GivenOption[];
  /** `{"args":[…]}`, a line of JSON each: one for each task of an array, from its task 0 on, or one for whatever runs. */
  readonly calls: readonly string[];
  readonly code: ShippedCode;
  /** Lines of shell before Node is looked for. */
  readonly setup?: readonly string[] | undefined;
  /** Makes the call in each of the job's tasks (`--ntasks`); the value is that of rank 0. */
  readonly srun?: boolean | undefined;
  readonly retries?: ScriptRetries | undefined;
}
