import { mkdirSync, lstatSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Context } from "../command.ts";
import type { InitOptions } from "./init.ts";
import { nextSteps, projectFiles, type ProjectFile } from "./project-files.ts";
import { readProject, type Project } from "./read-project.ts";

/** `sluice init`. What is there stays as it is; where a file cannot be written, none of the others stays. */
export async function init({ cwd, io }: Context, options: InitOptions): Promise<void> {
  const project = readProject(cwd, options);
  const files = projectFiles(project).map((file) => ({ ...file, isThere: isThere(join(cwd, file.path)) }));
  const isDry = options.dryRun === true;
  const next = nextSteps(project);
  if (options.json !== true) io.out(planText(project, files, isDry));
  if (!isDry)
    writeFiles(
      cwd,
      files.filter((file) => !file.isThere),
    );
  if (options.json === true) {
    const { template, framework, ci } = project;
    const listed = files.map(({ path, text, isThere: kept }) => ({
      path,
      action: kept ? "keep" : "write",
      ...(isDry && { text }),
    }));
    const testedBy = template === "ts" ? { framework } : {};
    io.out(`${JSON.stringify({ template, ...testedBy, ci, dryRun: isDry, files: listed, next }, undefined, 2)}\n`);
  } else if (!isDry) {
    io.out(`\nNext:\n${next.map((step) => `  ${step}\n`).join("")}`);
  }
}

interface Planned extends ProjectFile {
  readonly isThere: boolean;
}

function planText({ template, framework }: Project, files: readonly Planned[], isDry: boolean): string {
  const what =
    template === "python"
      ? "Python and pytest"
      : { vitest: "TypeScript and Vitest", jest: "JavaScript and Jest", "node:test": "TypeScript and node:test" }[
          framework
        ];
  const lines = files.map(({ path, isThere: kept }) => (kept ? `  keep   ${path} (it is there)` : `  write  ${path}`));
  const texts = isDry
    ? files.filter(({ isThere: kept }) => !kept).map(({ path, text }) => `\n--- ${path}\n${text}`)
    : [];
  return `For ${what}:\n${lines.map((line) => `${line}\n`).join("")}${texts.join("")}`;
}

/** Whether something stands there, be it a link that leads nowhere. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    // What cannot be looked at cannot be written either, and that is told then.
    return false;
  }
}

function writeFiles(folder: string, files: readonly ProjectFile[]): void {
  const made: string[] = [];
  for (const { path, text } of files) {
    const place = join(folder, path);
    try {
      const first = mkdirSync(dirname(place), { recursive: true });
      if (first !== undefined) made.push(first);
      // A file that somebody else has put there meanwhile is not overwritten either.
      writeFileSync(place, text, { flag: "wx" });
      made.push(place);
    } catch (cause) {
      for (const each of made.reverse()) rmSync(each, { recursive: true, force: true });
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new SluiceError("FILE_UNWRITABLE", `${path} cannot be written: ${words}; nothing was left`, {
        cause,
        details: { path: place },
      });
    }
  }
}
