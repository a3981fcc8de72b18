import { cp, mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { build } from "../scripts/build.ts";
import { root } from "../scripts/step.ts";
import { run } from "./sluice.ts";

const Manifest = z.object({ files: z.array(z.string()), devDependencies: z.record(z.string(), z.string()) });
const manifest = async () => Manifest.parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));

/** What `npm pack` makes, below `folder`: of a copy, since others may be reading the repository's `dist/`. Gives the file. */
export async function packPackage(folder: string): Promise<string> {
  const copy = join(folder, "package");
  await mkdir(copy);
  const { files } = await manifest();
  for (const file of ["package.json", "README.md", "LICENSE", ...files.filter((name) => name !== "dist")]) {
    await cp(join(root, file), join(copy, file), { recursive: true });
  }
  if ((await build(join(copy, "dist"))) !== 0) throw new Error("the package cannot be built");
  await npm(copy, "pack", "--ignore-scripts");
  const [packed = "no package"] = (await readdir(copy)).filter((name) => name.endsWith(".tgz"));
  return join(copy, packed);
}

/** npm with the settings of whoever runs the tests, which say where packages come from. */
export async function npm(cwd: string, ...args: readonly string[]): Promise<void> {
  // Of its own accord npm would take a folder above for the project, where there is a package.json.
  const quiet = ["--silent", "--no-audit", "--no-fund", "--prefer-offline", "--prefix", cwd];
  const own = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const { exitCode, stderr } = await run(["npm", ...args, ...quiet], { cwd, env: Object.fromEntries(own) });
  if (exitCode !== 0) throw new Error(`npm ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
}

/** A package at the version that this repository is developed with. */
export async function asHere(name: string): Promise<string> {
  return `${name}@${(await manifest()).devDependencies[name]}`;
}
