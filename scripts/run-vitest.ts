import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interrupted, root, say, step } from "./step.ts";
import { Totals, totalsVariable } from "./totals-reporter.ts";

interface Run {
  readonly code: number;
  readonly totals: Totals;
}

/** More files than these do not fail by chance. */
const mostFilesAgain = 3;

/**
 * Runs vitest with these arguments and ends with a plain line of totals. Gives its exit code.
 *
 * Where little of a whole run failed, the files with it run once more, alone: on a busy machine something real may be too
 * slow for a test. What then passes is named, because it is worth a look; what fails again has failed.
 */
export async function runVitest(args: readonly string[], { again }: { readonly again: boolean }): Promise<number> {
  const first = await runOnce(args);
  const { passed, failed, failedFiles, strayErrors } = first.totals;
  const isChance = failed.length > 0 && failedFiles.length <= mostFilesAgain && strayErrors === 0;
  if (first.code !== 0 && failed.length === 0) say("no test failed, but the run did: see the errors above");
  if (!again || first.code === 0 || !isChance || interrupted.signal.aborted) {
    console.log(`${passed} passed, ${failed.length} failed`);
    return first.code;
  }
  say(`${failed.length} failed: ${failed.join("; ")}`);
  say("running their files once more, with nothing beside them");
  const second = await runOnce([...args, "--no-file-parallelism", ...failedFiles]);
  if (second.code === 0) {
    console.log(`${passed + failed.length} passed, 0 failed; ${failed.length} of them passed only alone:`);
    for (const name of failed) console.log(`  ${name}`);
  } else {
    console.log(`${passed} passed, ${failed.length} failed, and again when run alone`);
  }
  return second.code;
}

async function runOnce(args: readonly string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-tests-"));
  const file = join(folder, "totals.json");
  try {
    const reporters = ["--reporter=default", `--reporter=${join(root, "scripts/totals-reporter.ts")}`];
    const code = await step(["vitest", "run", ...reporters, ...args], { env: { [totalsVariable]: file } });
    return { code, totals: readTotals(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run that was ended before its end leaves none. */
function readTotals(file: string): Totals {
  try {
    return Totals.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return { passed: 0, failed: [], failedFiles: [], strayErrors: 0 };
  }
}
