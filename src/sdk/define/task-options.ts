import type { BatchOptionRow } from "../../slurm/batch/option-table.ts";
import type { Packaging } from "../shipping/packaging.ts";
import type { refusedOptions } from "./option-names.ts";

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** The row of sbatch's table that an option has. */
type Row<Name extends BatchOptionRow["name"]> = Extract<BatchOptionRow, { readonly name: Name }>;

/** `"0"` may be written as `0`. */
type OrNumber<Choice> = Choice extends `${infer Value extends number}` ? Choice | Value : Choice;

/** Values of one option, by how sbatch's table says that they are written. */
type ValueOf<Option> = Option extends { readonly type: "choice"; readonly choices: readonly (infer Choice)[] }
  ? OrNumber<Choice>
  : Option extends { readonly type: "some-of"; readonly choices: readonly (infer Choice)[] }
    ? Choice | readonly Choice[] | string
    : Option extends { readonly type: "hostlist" } | { readonly metavar: `${string},…` }
      ? string | readonly string[]
      : Option extends { readonly type: "text" | "time" | "signal" | "dependency" }
        ? string
        : Option extends { readonly type: string }
          ? string | number
          : never;

/** What an option takes: its value, or `true` where it may stand without one. */
type Setting<Option> =
  | ValueOf<Option>
  | (Option extends { readonly takes: "nothing" | "optional" } ? boolean : never)
  | null
  | undefined;

type Refused = keyof typeof refusedOptions;

/** sbatch's options by their long names in camelCase, as its manual page describes them. */
export type BatchOptions = {
  readonly [Name in Exclude<BatchOptionRow["name"], Refused> as CamelCase<Name>]?: Setting<Row<Name>>;
};

/** How a call can end that is made again. */
export type RetryState = "failed" | "timeout" | "node_fail" | "preempted" | "out_of_memory";

/** When a call that went wrong is made again. */
export interface Retries {
  /** How often at most, after the first time. */
  readonly limit: number;
  /** Which ends; `["failed"]` where left out. */
  readonly on?: readonly RetryState[];
  /** Seconds before the first retry; 1 where left out. */
  readonly backoffSeconds?: number;
  /** By how much each wait is longer than the one before; 2 where left out. */
  readonly factor?: number;
}

/** Natural forms of sbatch's options, and Sluice's own. */
interface OwnTaskOptions {
  /** What the job is called; the function's name where left out. */
  readonly name?: string | null | undefined;
  /** Processors of each task: `cpusPerTask`. */
  readonly cpus?: number | string | null | undefined;
  /** Memory on each node, in MiB or with a unit: `4096`, `"4G"`, `"1.5 GiB"`. 0 takes all of it. */
  readonly memory?: number | string | null | undefined;
  /** The most time it may take, in minutes or with units: `30`, `"90s"`, `"2h"`, `"1d 4h"`, `"1:00:00"`. */
  readonly time?: number | string | null | undefined;
  /** Variables that the job gets; those of several layers come together. */
  readonly env?: Readonly<Record<string, string>> | null | undefined;
  /** Absolute path of the folder where it starts. */
  readonly cwd?: string | null | undefined;
  /** Names and values to find the job by; those of several layers come together. */
  readonly labels?: Readonly<Record<string, string>> | null | undefined;
  /** How the code comes to the nodes; a bundle where left out. */
  readonly packaging?: Packaging | null | undefined;
  /** Which Node runs it: one of the node's own, one that is brought along, or the one at an absolute path. */
  readonly node?: "system" | "bundled" | `/${string}` | null | undefined;
  /** Lines of shell before Node is looked for, such as `module load node`. */
  readonly setup?: string | readonly string[] | null | undefined;
  /** Calls the function in each of the job's tasks (`ntasks`); the value is that of rank 0. */
  readonly srun?: boolean | null | undefined;
  /** How often a call that went wrong is made again, or when. */
  readonly retries?: number | Retries | null | undefined;
}

/**
 * What a task asks of its cluster: sbatch's options by their long names in camelCase, and Sluice's own. Options of higher
 * layers (`with`, `submit`) count before those of the task, and those before the Slurmfile's; `null` and `false` take back what
 * a lower layer says, `undefined` says nothing.
 */
export type TaskOptions = OwnTaskOptions & Omit<BatchOptions, keyof OwnTaskOptions>;

/** Options where a task is defined. */
export type DefinitionOptions = TaskOptions & {
  /** By what the task is found in its job; its module and its function's name, or its place there, where left out. */
  readonly id?: string | undefined;
};
