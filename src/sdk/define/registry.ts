import { SluiceError } from "../../errors.ts";
import type { DefinitionPlace, TaskDefinition } from "./task-definition.ts";

/** What one module has defined since it was last evaluated. */
interface ModuleTasks {
  script: string | undefined;
  /** How many tasks without a name it has. */
  nameless: number;
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
  const found = { ...definition, id: id ?? `${place.path}#${name ?? String((module.nameless += 1))}` };
  const other = tasks.get(found.id);
  if (other !== undefined && !isSame(other, found)) {
    throw new SluiceError(
      "INPUT_INVALID",
      `two tasks have the id ${JSON.stringify(found.id)}, at ${toText(other.place)} and at ${toText(place)}; ` +
        `give one of them an id of its own: task({ id: "…" }, …)`,
      { details: { field: "id", id: found.id, places: [toText(other.place), toText(place)] } },
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

function moduleOf({ module, script }: DefinitionPlace): ModuleTasks {
  const { tasks, modules } = registry();
  const known = modules.get(module);
  // A script has another id each time that it is compiled.
  if (known !== undefined && (script === undefined || (known.script ?? script) === script)) {
    known.script ??= script;
    return known;
  }
  for (const id of known?.ids ?? []) tasks.delete(id);
  const made: ModuleTasks = { script, nameless: 0, ids: new Set() };
  modules.set(module, made);
  return made;
}

/** Whether a definition is made again where it was made before; where that is not known, each is another one. */
function isSame(one: TaskDefinition, other: TaskDefinition): boolean {
  const [first, second] = [one.place.call, other.place.call];
  if (first === undefined || second === undefined || one.module !== other.module) return false;
  const isSameCall = first.file === second.file && first.line === second.line && first.column === second.column;
  return isSameCall && String(one.fn) === String(other.fn);
}

/** For people: the file, and the line where that is known. */
export function toText({ module, call }: DefinitionPlace): string {
  return call === undefined ? module : `${call.file}:${call.line}`;
}
