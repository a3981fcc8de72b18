import { basename, extname } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { WorkflowContext } from "../in-job/workflow-context.ts";
import { makeTask, type MergeOptions } from "./make-task.ts";
import { register } from "./registry.ts";
import type { DefinedIn, TaskMaker, WorkflowMaker } from "./task.ts";
import type { DefinitionPlace, TaskDefinition } from "./task-definition.ts";
import type { DefinitionOptions } from "./task-options.ts";

/** `task` and `workflow`, as one module has them. */
export interface Definers {
  readonly task: TaskMaker;
  readonly workflow: WorkflowMaker;
}

/** What definers work with. */
export interface DefinerDeps {
  /** The place of a definition: where the function that calls this was called. */
  readonly placeOf: (meta: DefinedIn | undefined) => DefinitionPlace;
  readonly merge: MergeOptions;
  /** The name that a function has in the source of its module; its own where absent. */
  readonly nameOf?: (name: string, module: string) => string;
}

/** Makes `task` and `workflow`. Both ask directly for the place of each definition: it is that of their own caller. */
export function createDefiners({ placeOf, ...deps }: DefinerDeps): Definers {
  return {
    task<Args extends readonly unknown[], Result>(
      first: DefinitionOptions | ((...args: Args) => Result),
      second?: (...args: Args) => Result,
      meta?: DefinedIn,
    ) {
      const place = placeOf(meta);
      const { options, fn } = readArguments("task", first, second);
      return makeTask<Args, Awaited<Result>, typeof fn>(define(deps, "task", options, fn, place), fn, deps.merge);
    },
    workflow<Args extends readonly unknown[], Result>(
      first: DefinitionOptions | ((context: WorkflowContext, ...args: Args) => Result),
      second?: (context: WorkflowContext, ...args: Args) => Result,
      meta?: DefinedIn,
    ) {
      const place = placeOf(meta);
      const { options, fn } = readArguments("workflow", first, second);
      return makeTask<Args, Awaited<Result>, typeof fn>(define(deps, "workflow", options, fn, place), fn, deps.merge);
    },
  };
}

type AnyFunction = (...args: never[]) => unknown;

function readArguments<Fn extends AnyFunction>(
  kind: TaskDefinition["kind"],
  first: DefinitionOptions | Fn,
  second: Fn | undefined,
): { readonly options: DefinitionOptions; readonly fn: Fn } {
  if (typeof first === "function") return { options: {}, fn: first };
  if (typeof first !== "object" || first === null) {
    throw invalid(
      "options",
      `${kind}() takes a function, or an object with options and a function; it got ${String(first)}`,
    );
  }
  if (typeof second === "function") return { options: first, fn: second };
  throw invalid("fn", `${kind}() takes a function, behind its options where it has such; it got ${typeof second}`);
}

function define(
  { merge, nameOf = (name) => name }: Omit<DefinerDeps, "placeOf">,
  kind: TaskDefinition["kind"],
  given: DefinitionOptions,
  fn: AnyFunction,
  place: DefinitionPlace,
): TaskDefinition {
  const { id, ...others } = given;
  const options = merge([others]);
  const functionName = isPlain(fn.name) ? nameOf(fn.name, place.module) : undefined;
  const name = options.name ?? functionName;
  const described = `${place.path}#${functionName ?? name ?? ""}`;
  if (id !== undefined && !isPlain(id)) throw invalid("id", `id takes a text of one line, not ${JSON.stringify(id)}`);
  if (id === undefined && !isPlain(described)) {
    throw invalid("id", `${JSON.stringify(described)} can be no id; give the task one: task({ id: "…" }, …)`);
  }
  return register(
    {
      kind,
      name: name ?? basename(place.module, extname(place.module)),
      module: place.module,
      place,
      options,
      fn,
      after: [],
      bound: [],
    },
    { id, name: functionName ?? name },
  );
}

/** Whether a text can stand in a line of a script. */
function isPlain(text: unknown): text is string {
  return typeof text === "string" && /^[^\p{Cc}]{1,512}$/u.test(text);
}

function invalid(field: string, problem: string): SluiceError {
  return new SluiceError("INPUT_INVALID", problem, { details: { field } });
}
