import { readFileSync } from "node:fs";

/**
 * The name that a function has in the source of its module. What compiles modules as they are loaded may number a function
 * whose name stands for something else too: `const add = task(function add() {})` comes as `add2` from Vitest 3 and 4. Code that is
 * put together for a job keeps names as they are, so a task would be looked for there in vain.
 */
export function nameInSource(name: string, module: string): string {
  if (!/\d$/.test(name)) return name;
  const source = readSource(module);
  for (let candidate = name; ; candidate = candidate.slice(0, -1)) {
    if (hasWord(source, candidate)) return candidate;
    if (!/.\d$/.test(candidate)) return name;
  }
}

function hasWord(source: string, word: string): boolean {
  const escaped = word.replaceAll(/[^\p{L}\p{N}_]/gu, String.raw`\$&`);
  return new RegExp(String.raw`(?<![\p{L}\p{N}_$])${escaped}(?![\p{L}\p{N}_$])`, "u").test(source);
}

/** Nothing where there is no file to read. */
function readSource(module: string): string {
  try {
    return readFileSync(module, "utf8");
  } catch {
    return "";
  }
}
