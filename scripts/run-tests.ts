import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { ensurePostgres, ensurePython, ensureSlurm } from "./install-slurm.ts";
import { ensureNewerSlurm } from "./newer-slurm.ts";
import { say, step } from "./step.ts";

/** The part of vitest's JSON report that is read here. */
const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/**
 * Runs vitest with these further arguments and ends with a plain line of totals. Needs Slurm, PostgreSQL and Python unless
 * SLUICE_TEST_SLURM is 0; where they are needed and cannot be had, this fails.
 */
export async function runTests(args: readonly string[]): Promise<number> {
  const pure = process.env["SLUICE_TEST_SLURM"] === "0";
  if (pure) {
    say("SLUICE_TEST_SLURM=0: only the pure tests are run, none of those that need Slurm");
  } else {
    const slurm = await ensureSlurm();
    if (!slurm.ready) {
      say(`the tests need Slurm on this machine, and it is not here. Run: ${slurm.command}`);
      say("or run the pure tests alone: SLUICE_TEST_SLURM=0 npm test");
      return 69;
    }
    await ensurePostgres();
    await ensurePython();
    await ensureNewerSlurm();
  }
  const folder = mkdtempSync(join(tmpdir(), "sluice-tests-"));
  const file = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const code = await step(["vitest", "run", ...(pure ? ["--project=pure"] : []), ...reporters, ...args]);
    const { passed, failed } = readTotals(file);
    if (code !== 0 && failed === 0) say("no test failed, but the run did: see the errors above");
    console.log(`${passed} passed, ${failed} failed`);
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that could not even be loaded counts as one failure. */
function readTotals(file: string): { passed: number; failed: number } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { passed: 0, failed: 0 };
  }
  const { numPassedTests, numFailedTests, testResults } = Report.parse(JSON.parse(text));
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return { passed: numPassedTests, failed: numFailedTests + unloaded.length };
}
