import type { ArrayJob } from "../array-job.ts";
import { SluiceError } from "../../errors.ts";
import type { Job } from "../job.ts";
import { currentSubmitter, type Submitter } from "../scope.ts";
import { readDependencies, type After } from "./dependency.ts";
import type { LeadingArguments, MapItem, RemainingArguments, SentArguments } from "./sent.ts";
import type { MapLimit, Task } from "./task.ts";
import type { TaskDefinition } from "./task-definition.ts";
import type { TaskOptions } from "./task-options.ts";

/** Options of several layers, from the lowest to the highest, in one. */
export type MergeOptions = (layers: readonly TaskOptions[]) => TaskOptions;

/** A task of a definition; the types are those of its function. */
export function makeTask<Args extends readonly unknown[], Result, Fn extends (...args: never[]) => unknown>(
  definition: TaskDefinition,
  fn: Fn,
  merge: MergeOptions,
): Task<Args, Result, Fn> {
  const submit = (...args: SentArguments<Args>): Promise<Job<Result>> =>
    submitterFor(definition, "(…)").submitCall<Result>(definition, args);
  Object.defineProperty(submit, "name", { value: definition.name });
  return Object.assign(submit, {
    definition,
    unwrapped: fn,
    map: (items: Iterable<MapItem<Args>>, options?: MapLimit): Promise<ArrayJob<Result>> =>
      submitterFor(definition, ".map(…)").mapCalls<Result>(definition, items, options),
    after: (...jobs: readonly After[]) =>
      makeTask<Args, Result, Fn>({ ...definition, after: [...definition.after, ...readDependencies(jobs)] }, fn, merge),
    with: (options: TaskOptions) => {
      const merged = merge([definition.options, options]);
      return makeTask<Args, Result, Fn>(
        { ...definition, name: merged.name ?? definition.name, options: merged },
        fn,
        merge,
      );
    },
    partial: <Given extends LeadingArguments<Args>>(...given: Given) =>
      makeTask<RemainingArguments<Args, Given>, Result, Fn>(
        { ...definition, bound: [...definition.bound, ...given] },
        fn,
        merge,
      ),
  });
}

function submitterFor({ id, kind, fn }: TaskDefinition, call: string): Submitter {
  const submitter = currentSubmitter();
  if (submitter !== undefined) return submitter;
  const called = fn.name === "" ? kind : fn.name;
  throw new SluiceError(
    "INPUT_INVALID",
    `${kind} "${id}" was called where no cluster is in scope: submit it with cluster.submit(${called})(…) or ` +
      `cluster.map(${called}, …), call ${called}${call} within cluster.use(…) or a workflow, or run its function here with ` +
      `${called}.unwrapped(…)`,
    { details: { task: id } },
  );
}
