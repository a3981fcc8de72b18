import { existsSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { getCallSites } from "node:util";
import { SluiceError } from "../../errors.ts";
import { projectOf } from "./project.ts";
import type { DefinedIn } from "./task.ts";
import type { DefinitionPlace } from "./task-definition.ts";

/** This function, the one that calls it, and that one's caller. */
const callerFrame = 2;

/**
 * Where the function that calls this one was called: in the file that runs, not in one that a source map names, as it is that
 * file that has to be shipped. `meta`, where it is given, says the file. Throws `INPUT_INVALID` where there is no file.
 */
export function placeOfCaller(meta: DefinedIn | undefined): DefinitionPlace {
  const frame = getCallSites(callerFrame + 1, { sourceMap: false })[callerFrame];
  const called = frame === undefined ? undefined : toFile(frame.scriptName);
  const module = meta === undefined ? called : toFile(meta.url);
  if (module === undefined) {
    const where = JSON.stringify((meta === undefined ? frame?.scriptName : meta.url) ?? "nowhere");
    throw new SluiceError(
      "INPUT_INVALID",
      `a task is defined in ${where}, which is no file that can be shipped; define it in a module of its own, and give ` +
        "task() that module's import.meta as its third argument if it is one",
      { details: { field: "meta" } },
    );
  }
  return {
    module,
    path: relative(projectOf(module), module).split(sep).join("/"),
    ...(frame !== undefined &&
      called !== undefined && { call: { file: called, line: frame.lineNumber, column: frame.columnNumber } }),
    ...(called === module && frame !== undefined && { script: frame.scriptId }),
  };
}

/** The path of a script's name: a URL or a path, with the query that loaders of changed modules put behind it. */
function toFile(name: string): string | undefined {
  if (name.startsWith("file:")) return URL.canParse(name) ? fileURLToPath(new URL(name)) : undefined;
  if (!isAbsolute(name)) return undefined;
  return existsSync(name) ? name : name.replace(/\?[^/]*$/, "");
}
