import { rm } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { root, step } from "./step.ts";

/** Makes `dist/`, or another folder, anew: the program as it is published, with the types of what can be imported. Gives the exit code. */
export async function build(dist: string = join(root, "dist")): Promise<number> {
  await rm(dist, { recursive: true, force: true });
  await bundle(dist);
  return step(["tsc", "-p", "tsconfig.build.json", "--outDir", dist]);
}
