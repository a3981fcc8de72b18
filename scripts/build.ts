import { rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { bundle } from "./bundle.ts";
import { keepTypes } from "./keep-types.ts";
import { packageEntries } from "./package-entries.ts";
import { root, step } from "./step.ts";

/** Makes `dist/`, or another folder, anew: the program as it is published, with the types of what can be imported. Gives the exit code. */
export async function build(dist: string = join(root, "dist")): Promise<number> {
  await rm(dist, { recursive: true, force: true });
  await bundle(dist);
  const sources = packageEntries().map(({ source }) => source);
  const code = await step(["tsc", "-p", "tsconfig.build.json", "--outDir", dist]);
  if (code === 0)
    keepTypes(
      dist,
      sources.map((source) => relative(join(root, "src"), source).replace(/\.ts$/, "")),
    );
  return code;
}
