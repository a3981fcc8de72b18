import { readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/**
 * Removes, of the types in a folder, those that can be reached from none of the entries (paths below it, without an ending):
 * what is inside the program is nobody's to build on.
 */
export function keepTypes(folder: string, entries: readonly string[]): void {
  const reached = new Set<string>();
  const reach = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(join(folder, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
    for (const [, target = ""] of text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)\.[jt]s"/g)) {
      reach(normalize(join(dirname(file), `${target}.d.ts`)));
    }
  };
  for (const entry of entries) reach(`${entry}.d.ts`);
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"));
  for (const file of all) if (!reached.has(file)) rmSync(join(folder, file));
}
