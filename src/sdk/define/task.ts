import type { ArrayJob } from "../array-job.ts";
import type { WorkflowContext } from "../in-job/workflow-context.ts";
import type { Job } from "../job.ts";
import { createDefiners } from "./create-definers.ts";
import type { After } from "./dependency.ts";
import { nameInSource } from "./name-in-source.ts";
import { placeOfCaller } from "./place-of-caller.ts";
import { mergeOptions } from "./resolve-options.ts";
import type { LeadingArguments, MapItem, RemainingArguments, SentArguments } from "./sent.ts";
import type { TaskDefinition } from "./task-definition.ts";
import type { DefinitionOptions, TaskOptions } from "./task-options.ts";

export type { AfterCondition, AfterConditions, Dependency, JobLike } from "./dependency.ts";
export type { MapItem, Sent, SentArguments } from "./sent.ts";
export type { DefinitionPlace, TaskDefinition } from "./task-definition.ts";
export type { DefinitionOptions, Retries, RetryState, TaskOptions } from "./task-options.ts";

/** For the compiler alone: nothing has it. */
declare const signature: unique symbol;

type AnyFunction = (...args: never[]) => unknown;

/** How many tasks of the array may run at once; as many as there is room for where left out. */
export interface MapLimit {
  readonly maxConcurrent?: number | undefined;
}

/**
 * A function that runs in a job of a cluster. `cluster.submit(task)(…)` submits it; called by itself, it is submitted to the
 * cluster in whose scope that is: of `cluster.use`, or of a workflow. Outside of those it throws `INPUT_INVALID`.
 */
export interface Task<Args extends readonly unknown[], Result, Fn extends AnyFunction = AnyFunction> {
  (...args: SentArguments<Args>): Promise<Job<Result>>;
  readonly [signature]?: (...args: Args) => Result;
  readonly definition: TaskDefinition;
  /** The function itself, to be called here: for unit tests, and from other functions. */
  readonly unwrapped: Fn;
  /** Submits one array with a task for each item, to the cluster in scope. */
  map(items: Iterable<MapItem<Args>>, options?: MapLimit): Promise<ArrayJob<Result>>;
  /** The same task, after other jobs: `after(job)` when they have succeeded, `after({ afterany: job })` when they have ended. */
  after(...jobs: After[]): Task<Args, Result, Fn>;
  /** The same task with other options beside its own. */
  with(options: TaskOptions): Task<Args, Result, Fn>;
  /** The same task with its first arguments given. */
  partial<Given extends LeadingArguments<Args>>(...given: Given): Task<RemainingArguments<Args, Given>, Result, Fn>;
}

/** A task whose function gets a `WorkflowContext` first, and submits other tasks from its job. */
export type Workflow<Args extends readonly unknown[], Result, Fn extends AnyFunction = AnyFunction> = Task<
  Args,
  Result,
  Fn
>;

/** `import.meta` of the module that defines a task, for where that cannot be told from the call. */
export interface DefinedIn {
  /** A file's URL, or its absolute path. */
  readonly url: string;
}

/** Makes task functions. */
export interface TaskMaker {
  <Args extends readonly unknown[], Result>(
    fn: (...args: Args) => Result,
  ): Task<Args, Awaited<Result>, (...args: Args) => Result>;
  <Args extends readonly unknown[], Result>(
    options: DefinitionOptions,
    fn: (...args: Args) => Result,
    meta?: DefinedIn,
  ): Task<Args, Awaited<Result>, (...args: Args) => Result>;
}

/** Makes workflows. */
export interface WorkflowMaker {
  <Args extends readonly unknown[], Result>(
    fn: (context: WorkflowContext, ...args: Args) => Result,
  ): Workflow<Args, Awaited<Result>, (context: WorkflowContext, ...args: Args) => Result>;
  <Args extends readonly unknown[], Result>(
    options: DefinitionOptions,
    fn: (context: WorkflowContext, ...args: Args) => Result,
    meta?: DefinedIn,
  ): Workflow<Args, Awaited<Result>, (context: WorkflowContext, ...args: Args) => Result>;
}

const definers = createDefiners({ placeOf: placeOfCaller, merge: mergeOptions, nameOf: nameInSource });

/**
 * Makes a task of a function, which stands at the top level of a module: its job loads that module, and finds it there.
 *
 * ```ts
 * export const train = task({ cpus: 4, memory: "8G", time: "2h" }, async (rate: number) => { … return { loss }; });
 * const job = await cluster.submit(train)(0.1);
 * ```
 *
 * Where another file calls `task` for the module, `import.meta` of the module is given as the third argument. Throws
 * `INPUT_INVALID` for an option that there is not, a value that it does not take, and an id that another task has.
 */
export const task: TaskMaker = definers.task;

/**
 * Makes a workflow: a task that submits others from its job. Its function gets a `WorkflowContext` before its arguments.
 *
 * ```ts
 * export const sweep = workflow({ time: "4h" }, async (ctx, rates: number[]) => best(await (await train.map(rates)).results()));
 * ```
 */
export const workflow: WorkflowMaker = definers.workflow;
