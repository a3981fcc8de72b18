import type { Dependency } from "./dependency.ts";
import type { TaskOptions } from "./task-options.ts";

/** Where a task is defined. */
export interface DefinitionPlace {
  /** Absolute path of the file. */
  readonly module: string;
  /** The same from the project's folder, with slashes. */
  readonly path: string;
  /** Where `task` was called, which another file may do for this one; absent in code that was put together from several files. */
  readonly call?: { readonly file: string; readonly line: number; readonly column: number };
  /** Which evaluation of the file it is, where that is known. */
  readonly script?: string;
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
