import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of the nearest `package.json` at or above a module's own, which is taken where there is none. */
export function projectOf(module: string): string {
  const own = dirname(module);
  for (let folder = own; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder) return own;
  }
}
