import { ciFiles, pytestPlugin, runnerOf, testCommand } from "./ci-files.ts";
import { pythonFiles } from "./python-files.ts";
import type { Project } from "./read-project.ts";
import { slurmfileText } from "./slurmfile-text.ts";
import { typescriptFiles } from "./typescript-files.ts";

/** A file of a project: its path below the project's folder, and its text. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** All that a project begins with, in the order in which it is to be read. */
export function projectFiles(project: Project): readonly ProjectFile[] {
  const { template } = project;
  const left = [...(template === "python" ? [".venv/", "__pycache__/"] : []), "node_modules/", ".slurm-cluster/"];
  return [
    { path: project.slurmfile, text: slurmfileText },
    ...(template === "python" ? pythonFiles() : typescriptFiles(project)),
    { path: ".gitignore", text: left.map((path) => `${path}\n`).join("") },
    ...ciFiles(project),
  ];
}

/** What is left to do, one command each. */
export function nextSteps(project: Project): readonly string[] {
  const { template, framework, packageManager, hasManifest, packages, hasPackages } = project;
  const test = testCommand(project);
  if (template === "python") {
    const sluice = packages.has("sluice") ? [] : ["npm install --save-dev sluice"];
    return [...sluice, `python3 -m pip install pytest ${pytestPlugin}`, `${runnerOf(project)} sluice doctor`, test];
  }
  const wanted = ["sluice", ...(framework === "node:test" ? [] : [framework])];
  const missing = hasManifest ? wanted.filter((name) => !packages.has(name)) : [];
  const add = { npm: "npm install --save-dev", pnpm: "pnpm add --save-dev", yarn: "yarn add --dev" };
  const installs = missing.length > 0 ? `${add[packageManager]} ${missing.join(" ")}` : `${packageManager} install`;
  const install = missing.length > 0 || !hasPackages ? [installs] : [];
  return [...install, `${runnerOf(project)} sluice doctor`, test];
}
