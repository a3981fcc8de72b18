import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/** A Python, 3.10 or later, that can make virtual environments: the one on PATH, or the system's; `undefined` where there is none. */
export async function findPython(): Promise<string | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const fits = await run(python, ["-c", check]).then(
      () => true,
      () => false,
    );
    if (fits) return python;
  }
  return undefined;
}
