import { ensurePostgres, ensurePython, ensureSlurm } from "./install-slurm.ts";
import { ensureNewerSlurm } from "./newer-slurm.ts";
import { runVitest } from "./run-vitest.ts";
import { say } from "./step.ts";

/**
 * Runs the tests, all of them or what these further arguments of vitest choose. Needs Slurm, PostgreSQL and Python unless
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
  return await runVitest([...(pure ? ["--project=pure"] : []), ...args], { again: args.length === 0 });
}
