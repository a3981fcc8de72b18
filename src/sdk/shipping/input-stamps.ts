import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { isOwnModule } from "./own-copy.ts";

/** How a file or folder was; `undefined` of one that was not there. */
export type Stamp = readonly [path: string, seen?: string];

/**
 * A file that changes while it is read has a time of change that is not before the reading began. The clock of a file system
 * goes in steps, of which the longest usual one is 10 ms.
 */
const clockStepMs = 20;

/**
 * Stamps of all that a bundle depends on: the files within, the folders of those of the project (where a new file may come
 * before another), and each package.json and tsconfig.json that counts for one of them. `undefined` where one of them
 * changed since `since`, in ms since the epoch, so that it is not sure which content was read.
 */
export function stampInputs(
  inputs: readonly string[],
  { project, since }: { readonly project: string; readonly since: number },
): readonly Stamp[] | undefined {
  return stampPaths(dependenciesOf(inputs, project), since);
}

/** Stamps of files and folders as they are; `undefined` where one changed since. */
export function stampPaths(paths: Iterable<string>, since: number): readonly Stamp[] | undefined {
  const stamps = [...paths].map((path): Stamp => {
    const seen = look(path);
    return seen === undefined ? [path] : [path, seen];
  });
  const latest = since - clockStepMs;
  return stamps.some(([, seen]) => seen !== undefined && Number(seen.split(" ")[0]) >= latest) ? undefined : stamps;
}

/** Whether everything is as it was. */
export function areUnchanged(stamps: readonly Stamp[]): boolean {
  return stamps.every(([path, seen]) => look(path) === seen);
}

/** Time of change first; a change of the content changes it, whoever sets the times that can be set. */
function look(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.ctimeMs} ${found.mtimeMs} ${found.size} ${found.ino}`;
}

function dependenciesOf(inputs: readonly string[], project: string): ReadonlySet<string> {
  const all = new Set(inputs);
  const folders = new Set<string>();
  for (const input of inputs) {
    if (input.startsWith(`${project}/`) && !input.includes("/node_modules/")) all.add(dirname(input));
    // This package's own settings do not change by themselves.
    if (isOwnModule(input)) continue;
    for (let folder = dirname(input); !folders.has(folder); folder = dirname(folder)) {
      folders.add(folder);
      if (folder.startsWith(`${project}/`) && !folder.includes("/node_modules")) all.add(folder);
      if (folder.endsWith("/node_modules")) continue;
      all.add(join(folder, "package.json"));
      const settings = join(folder, "tsconfig.json");
      all.add(settings);
      for (const extended of extendedBy(settings)) all.add(extended);
    }
  }
  return all;
}

/** What a tsconfig.json is based on, and that in turn. It may have comments, which are left as they are. */
function extendedBy(path: string, seen: ReadonlySet<string> = new Set()): readonly string[] {
  if (seen.has(path)) return [];
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  const [, value = ""] = /"extends"\s*:\s*("[^"]*"|\[[^\]]*\])/.exec(text) ?? [];
  return [...value.matchAll(/"([^"]*)"/g)].flatMap(([, name = ""]) => {
    const found = locate(name, path);
    return found === undefined ? [] : [found, ...extendedBy(found, new Set([...seen, path]))];
  });
}

function locate(name: string, from: string): string | undefined {
  if (name.startsWith(".") || name.startsWith("/")) {
    const path = resolve(dirname(from), name);
    return path.endsWith(".json") ? path : `${path}.json`;
  }
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
