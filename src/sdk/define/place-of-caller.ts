import { existsSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { SluiceError } from "../../errors.ts";
import { callPosition } from "./call-position.ts";
import { projectOf } from "./project.ts";
import type { DefinedIn } from "./task.ts";
import type { DefinitionPlace } from "./task-definition.ts";

/**
 * Where the function that calls this one was called: in the file that runs, as it is that file that has to be shipped. `meta`,
 * where it is given, says the file. Throws `INPUT_INVALID` where there is no file.
 */
export function placeOfCaller(meta: DefinedIn | undefined): DefinitionPlace {
  const position = callPosition(1);
  const script = position === undefined ? undefined : toFile(position.script);
  // What is evaluated from the command line has a URL too.
  const called = script !== undefined && existsSync(script) ? script : undefined;
  const module = meta === undefined ? called : toFile(meta.url);
  if (module === undefined) {
    const where = JSON.stringify((meta === undefined ? position?.script : meta.url) ?? "nowhere");
    throw new SluiceError(
      "INPUT_INVALID",
      `a task is defined in ${where}, which is no file that can be shipped; define it in a module of its own, and give ` +
        "task() that module's import.meta as its third argument if it is one",
      { details: { field: "meta" } },
    );
  }
  const path = relative(projectOf(module), module).split(sep).join("/");
  if (position === undefined || called === undefined) return { module, path };
  const { line, column, scriptId } = position;
  return { module, path, call: { file: called, line, column }, ...(called === module && { scriptId }) };
}

/** The path of a script's name: a URL or a path, with the query that loaders of changed modules put behind it. */
function toFile(name: string): string | undefined {
  if (name.startsWith("file:")) return URL.canParse(name) ? fileURLToPath(new URL(name)) : undefined;
  if (!isAbsolute(name)) return undefined;
  return existsSync(name) ? name : name.replace(/\?[^/]*$/, "");
}
