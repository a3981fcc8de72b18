import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";
import { z } from "zod";

/** What came of one run of vitest. */
export const Totals = z.object({
  passed: z.int(),
  /** Names of tests; that of a file which could not even be loaded, or was not tidied up after. */
  failed: z.array(z.string()),
  /** Absolute paths of the files with what failed. */
  failedFiles: z.array(z.string()),
  /** Errors that belong to no test. */
  strayErrors: z.int(),
});
export type Totals = z.infer<typeof Totals>;

/** The environment variable with the path of the file that the totals go to. */
export const totalsVariable = "SLUICE_TEST_TOTALS";

/** A reporter of vitest (`--reporter=PATH`) that leaves the totals as JSON for the script that has run it. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const path = process.env[totalsVariable];
    if (path === undefined) throw new Error(`${totalsVariable} must name a file`);
    const bad = modules.filter((module) => !module.ok());
    const totals: Totals = {
      passed: modules.flatMap((module) => [...module.children.allTests("passed")]).length,
      failed: bad.flatMap((module) => {
        const tests = [...module.children.allTests("failed")].map(
          (test) => `${module.relativeModuleId} > ${test.fullName}`,
        );
        return tests.length > 0 ? tests : [module.relativeModuleId];
      }),
      failedFiles: bad.map((module) => module.moduleId),
      strayErrors: errors.length,
    };
    writeFileSync(path, JSON.stringify(totals));
  }
}
