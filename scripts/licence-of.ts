import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./step.ts";

/**
 * The licence of a package that is put into the bundle, under the package's name: the file that it brings, else what its own
 * files say at their heads. Throws for a package without a licence, which could not be passed on.
 */
export function licenceOf(name: string, files: readonly string[]): string {
  const folder = join(root, "node_modules", name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  const text = file === undefined ? saidByFiles(name, files) : readFileSync(join(folder, file), "utf8");
  return `${name}\n${"=".repeat(name.length)}\n\n${text.trim()}\n`;
}

/** Whose the files are and under which terms, each notice once. The Apache licence, which notices only name, is Sluice's own too. */
function saidByFiles(name: string, files: readonly string[]): string {
  const notices = [...new Set(files.map((path) => headOf(readFileSync(path, "utf8"))))].filter(isNotice).sort();
  const { license = "" }: { license?: string } = JSON.parse(
    readFileSync(join(root, "node_modules", name, "package.json"), "utf8"),
  );
  if (notices.length === 0 || !/\bApache-2\.0\b/.test(license)) {
    throw new Error(`the package ${name} has no file with its licence, and its own files do not say it`);
  }
  return [...notices, readFileSync(join(root, "LICENSE"), "utf8").trim()].join("\n\n");
}

/** The lines of comment that a file begins with. */
function headOf(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end === -1 ? lines.length : end)
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n");
}

function isNotice(head: string): boolean {
  return /^copyright\b/i.test(head);
}
