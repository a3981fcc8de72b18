import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { bundle } from "../scripts/bundle.ts";
import { root } from "../scripts/step.ts";
import { run, type Ended } from "./sluice.ts";

/** A project of somebody's who has installed Sluice, and a home of its own. */
export interface TestProject extends AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  /** Writes files, by their paths in the project. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Installs a package from the registry that npm is set to here. */
  install(...packages: readonly string[]): Promise<void>;
  /** Runs a program of the project, or of the system. */
  run(program: string, ...args: readonly string[]): Promise<Ended>;
  /** What is left of clusters in the home. */
  clustersLeft(): Promise<readonly string[]>;
}

/** The package as it is published, without its types, is put where npm would put it, and so is what it needs. */
export async function openTestProject(env: Readonly<Record<string, string>> = {}): Promise<TestProject> {
  const folder = await mkdtemp(join(tmpdir(), "sl-project-"));
  const home = join(folder, "home");
  const modules = join(folder, "node_modules");
  const ownModules = join(root, "node_modules");
  await mkdir(join(modules, "sluice"), { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  await cp(join(root, "package.json"), join(modules, "sluice", "package.json"));
  await bundle(join(modules, "sluice", "dist"));
  for (const name of ["esbuild", "vitest"]) await symlink(join(ownModules, name), join(modules, name));
  const environment = {
    PATH: [join(modules, ".bin"), join(ownModules, ".bin"), process.env["PATH"]].join(delimiter),
    HOME: folder,
    SLUICE_HOME: home,
    LANG: "C.UTF-8",
    ...env,
  };
  return {
    folder,
    home,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
    },
    async install(...packages) {
      const quiet = ["--silent", "--no-audit", "--no-fund", "--prefer-offline", "--no-package-lock", "--no-save"];
      const own = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
      const apart = await mkdtemp(join(folder, "install-"));
      await writeFile(join(apart, "package.json"), JSON.stringify({ private: true }));
      const ended = await run(["npm", "install", ...quiet, ...packages], { cwd: apart, env: Object.fromEntries(own) });
      if (ended.exitCode !== 0) throw new Error(`npm install ${packages.join(" ")} failed: ${ended.stderr}`);
      // npm would take away what it has not put there.
      await cp(join(apart, "node_modules"), modules, { recursive: true, verbatimSymlinks: true });
    },
    run: (program, ...args) => run([program, ...args], { cwd: folder, env: environment }),
    async clustersLeft() {
      const left = await Promise.all(["clusters", "shared"].map((name) => readdir(join(home, name)).catch(() => [])));
      return left.flat();
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
