import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findPython } from "../../scripts/find-python.ts";

const run = promisify(execFile);
const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
const cache = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/** Downloading takes seconds; a registry behind a slow line gets some minutes. */
const installMs = 300_000;

/**
 * The path of Schemathesis, in a virtual environment of its own below `node_modules/.cache`, made where it is not there yet.
 * Throws with what to do where Python is missing, or the Python Package Index cannot be reached.
 */
export async function ensureSchemathesis(): Promise<string> {
  const wanted = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 12);
  const folder = join(cache, `schemathesis-${wanted}`);
  const program = join(folder, "bin", "schemathesis");
  const complete = join(folder, "complete");
  if ((await readFile(complete, "utf8").catch(() => "")) !== "") return program;
  const python = await findPython();
  if (python === undefined) {
    throw new Error(
      "the fuzzer needs Python 3.10 or later with its venv module: npm test installs it as root on Debian and Ubuntu, " +
        "or apt-get install python3-venv; the tests that need neither it nor Slurm: SLUICE_TEST_SLURM=0 npm test",
    );
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await run(python, ["-m", "venv", folder]);
  // Wheels alone: nothing is built, and nothing of theirs runs while it is installed.
  const options = ["--quiet", "--no-input", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps"];
  await run(join(folder, "bin", "pip"), ["install", ...options, "-r", requirements], { timeout: installMs }).catch(
    (cause: unknown) => {
      throw new Error(
        "the fuzzer, Schemathesis, cannot be had from the Python Package Index (pypi.org); behind a proxy or a mirror set " +
          "HTTPS_PROXY or PIP_INDEX_URL; the tests that need neither it nor Slurm: SLUICE_TEST_SLURM=0 npm test",
        { cause },
      );
    },
  );
  await writeFile(complete, "yes\n");
  return program;
}
