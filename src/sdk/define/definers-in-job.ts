import { placesIn } from "./call-position.ts";
import { createDefiners, type Definers } from "./create-definers.ts";
import { canonicalName } from "./option-names.ts";
import { placeOfCaller } from "./place-of-caller.ts";
import type { TaskMaker, WorkflowMaker } from "./task.ts";
import type { TaskOptions } from "./task-options.ts";

/** Options were looked at where the task was submitted, and of them only the name means something in its job. */
function mergeUnread(layers: readonly TaskOptions[]): TaskOptions {
  const named = layers.flatMap((layer) => Object.entries(layer).filter(([, value]) => value !== undefined));
  return Object.fromEntries(named.map(([name, value]) => [canonicalName(name), value]));
}

/**
 * As `definersAt` of every other place, for the code of a task.
 *
 * @internal
 */
export function definersAt(module: { readonly module: string; readonly path: string }): Definers {
  return createDefiners({ placeOf: placesIn(module), merge: mergeUnread });
}

const definers = (): Definers => createDefiners({ placeOf: placeOfCaller, merge: mergeUnread });
const makeTaskMaker = (): TaskMaker => definers().task;
const makeWorkflowMaker = (): WorkflowMaker => definers().workflow;

/** As `task` of every other place, for the code of a task; left out of a bundle that does not name it. */
export const task: TaskMaker = /* @__PURE__ */ makeTaskMaker();
/** As `workflow` of every other place. */
export const workflow: WorkflowMaker = /* @__PURE__ */ makeWorkflowMaker();
