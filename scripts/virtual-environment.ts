import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findPython } from "./find-python.ts";
import { root } from "./step.ts";

const run = promisify(execFile);
const cache = join(root, "node_modules", ".cache");

/** Downloading takes seconds; a registry behind a slow line gets some minutes. */
const installMs = 300_000;

/**
 * A virtual environment of Python with what a file of requirements lists, below `node_modules/.cache`, made where it is not
 * there yet. Gives the folder of its programs. Throws with what to do where Python is missing, or the Python Package Index
 * cannot be reached.
 */
export async function virtualEnvironment(name: string, requirements: string): Promise<string> {
  const wanted = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 12);
  const folder = join(cache, `${name}-${wanted}`);
  const programs = join(folder, "bin");
  const complete = join(folder, "complete");
  if ((await readFile(complete, "utf8").catch(() => "")) !== "") return programs;
  const python = await findPython();
  if (python === undefined) {
    throw new Error(
      `${name} needs Python 3.10 or later with its venv module: npm test installs it as root on Debian and Ubuntu, ` +
        "or apt-get install python3-venv; the tests that need neither it nor Slurm: SLUICE_TEST_SLURM=0 npm test",
    );
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await run(python, ["-m", "venv", folder]);
  // Wheels alone: nothing is built, and nothing of theirs runs while it is installed.
  const options = ["--quiet", "--no-input", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps"];
  await run(join(programs, "pip"), ["install", ...options, "-r", requirements], { timeout: installMs }).catch(
    (cause: unknown) => {
      throw new Error(
        `${name} cannot be had from the Python Package Index (pypi.org); behind a proxy or a mirror set ` +
          "HTTPS_PROXY or PIP_INDEX_URL; the tests that need neither it nor Slurm: SLUICE_TEST_SLURM=0 npm test",
        { cause },
      );
    },
  );
  await writeFile(complete, "yes\n");
  return programs;
}
