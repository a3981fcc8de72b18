import type { Dependency } from "./dependency.ts";
import type { TaskOptions } from "./task-options.ts";

/** Where a task is defined. */
export interface DefinitionPlace {
  /** Absolute path of the file. */
  readonly module: string;
  /** The same from the project's folder, with slashes. */
  readonly path: string;
  /** Where `task` was called, which another file may do for this one. */
  readonly call?: { readonly file: string; readonly line: number; readonly column: number };
  /** Another one each time that the file is compiled; absent where that is not known. */
  readonly scriptId?: string;
  /** Whether the file is part of code that was put together from several: such code is evaluated once. */
  readonly isPutTogether?: true;
}

/** What is known of a task function, whatever its types. */
export interface TaskDefinition {
  /** By what it is found in its job: `src/train.ts#train`. */
  readonly id: string;
  readonly kind: "task" | "workflow";
  /** What its jobs are called. */
  readonly name: string;
  /** Absolute path of the file that defines it. */
  readonly module: string;
  readonly place: DefinitionPlace;
  readonly options: TaskOptions;
  readonly fn: (...args: never[]) => unknown;
  /** From `after`. */
  readonly after: readonly Dependency[];
  /** From `partial`: they stand before the arguments of a call. */
  readonly bound: readonly unknown[];
}
