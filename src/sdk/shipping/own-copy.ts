import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of this copy's modules, `src/` or `dist/`, and how their names end: a task's bundle is made from the same copy as runs here. */
const folder = fileURLToPath(new URL("../../", import.meta.url));
const ending = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/** The absolute path of a module of this copy, named without its ending: `sdk/index`. Of a published copy only its entries are there. */
export function ownModule(name: string): string {
  return `${folder}${name}${ending}`;
}

/** Whether a file is one of this copy's modules; a test that stands beside them is not. */
export function isOwnModule(path: string): boolean {
  return path.startsWith(folder) && !/\.(test|bench)\.ts$/.test(path);
}

let version: string | undefined;

/** As package.json says it. */
export function ownVersion(): string {
  if (version === undefined) {
    const text: { version?: unknown } = JSON.parse(
      readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
    );
    version = String(text.version);
  }
  return version;
}
