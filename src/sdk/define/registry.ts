import { SluiceError } from "../../errors.ts";
import type { DefinitionPlace, TaskDefinition } from "./task-definition.ts";

/** What one module has defined since it was compiled. */
interface ModuleTasks {
  scriptId: string | undefined;
  /** The calls that made tasks without a name, in their order: the first has number 1. */
  readonly nameless: Set<string>;
  readonly ids: Set<string>;
}

interface Registry {
  readonly tasks: Map<string, TaskDefinition>;
  /** By path. */
  readonly modules: Map<string, ModuleTasks>;
}

/** Two copies of this package in one process have one registry. */
const key = Symbol.for("sluice.tasks");

function registry(): Registry {
  const known: unknown = Reflect.get(globalThis, key);
  if (isRegistry(known)) return known;
  const made: Registry = { tasks: new Map(), modules: new Map() };
  Reflect.set(globalThis, key, made);
  return made;
}

function isRegistry(value: unknown): value is Registry {
  if (typeof value !== "object" || value === null || !("tasks" in value) || !("modules" in value)) return false;
  return value.tasks instanceof Map && value.modules instanceof Map;
}

/**
 * Takes a definition in, with its id: `id` where the task names one, else its module's path with `name`, or with a number
 * where it has none. A module that is evaluated again, as test runners do that watch, takes the place of what it was before.
 * Throws `INPUT_INVALID` where another task has the id, with the places of both.
 */
export function register(
  definition: Omit<TaskDefinition, "id">,
  { id, name }: { readonly id: string | undefined; readonly name: string | undefined },
): TaskDefinition {
  const { place } = definition;
  const { tasks } = registry();
  const module = moduleOf(place);
  const found = { ...definition, id: id ?? `${place.path}#${name ?? numberOf(module, place)}` };
  const other = tasks.get(found.id);
  if (other !== undefined && !isMadeAgain(other, found)) {
    const places = [toText(other.place), toText(place)];
    throw new SluiceError(
      "INPUT_INVALID",
      `two tasks have the id ${JSON.stringify(found.id)}, at ${places[0]} and at ${places[1]}; a task is made once, at the ` +
        'top level of a module; if these are two, give one of them an id of its own: task({ id: "…" }, …)',
      { details: { field: "id", id: found.id, places } },
    );
  }
  module.ids.add(found.id);
  tasks.set(found.id, found);
  return found;
}

/** All tasks that modules have defined in this process, in the order in which they did. */
export function registeredTasks(): readonly TaskDefinition[] {
  return [...registry().tasks.values()];
}

/** The task of an id. */
export function registeredTask(id: string): TaskDefinition | undefined {
  return registry().tasks.get(id);
}

function moduleOf({ module, scriptId }: DefinitionPlace): ModuleTasks {
  const { tasks, modules } = registry();
  const known = modules.get(module);
  if (known !== undefined && (scriptId === undefined || (known.scriptId ?? scriptId) === scriptId)) {
    known.scriptId ??= scriptId;
    return known;
  }
  for (const id of known?.ids ?? []) tasks.delete(id);
  const made: ModuleTasks = { scriptId, nameless: new Set(), ids: new Set() };
  modules.set(module, made);
  return made;
}

/** The number of a call that makes a task without a name: the same one whenever it is made. */
function numberOf({ nameless }: ModuleTasks, { call }: DefinitionPlace): number {
  const text = call === undefined ? String(nameless.size) : `${call.line}:${call.column} ${call.file}`;
  nameless.add(text);
  return [...nameless].indexOf(text) + 1;
}

/** Whether a module is evaluated again, without a change that would have had it compiled again. */
function isMadeAgain(one: TaskDefinition, other: TaskDefinition): boolean {
  const [first, second] = [one.place.call, other.place.call];
  if (other.place.isPutTogether === true || first === undefined || second === undefined) return false;
  const isSameCall = first.file === second.file && first.line === second.line && first.column === second.column;
  return isSameCall && one.module === other.module && String(one.fn) === String(other.fn);
}

/** For people: the file, and the line where that is known. */
export function toText({ module, call, isPutTogether }: DefinitionPlace): string {
  return call === undefined || isPutTogether === true ? module : `${call.file}:${call.line}`;
}
