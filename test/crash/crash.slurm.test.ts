import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BareCluster } from "../bare-cluster.ts";
import { chaos, startCountingCluster } from "./chaos.ts";
import { CrashRun, crashSteps } from "./crash-run.ts";

/*
 * Kills the engine, at every step of a submit and at random moments, and counts what Slurm has got. `npm run chaos` does
 * the random part at length.
 */
const deadlineMs = 90_000;
const limits = { timeout: 2 * deadlineMs };
const count = 10;

describe("the engine is killed", () => {
  let cluster: BareCluster;
  beforeAll(async () => {
    cluster = await startCountingCluster();
  });
  afterAll(() => cluster.close());

  /** Starts a process that dies by itself at a step; says what ended it. */
  async function dieAt(
    run: CrashRun,
    at: { readonly step: string; readonly count: number },
  ): Promise<string | undefined> {
    const child = run.start(at);
    // A job that is cancelled before its turn is not cancelled in Slurm; where the step does not come for that, more are tried.
    for (let upTo = count; ; upTo += count) {
      await run.submit(child, upTo);
      const hasEnded = await Promise.race([child.ended.then(() => true), sleep(15_000, false, { ref: false })]);
      if (hasEnded) return child.diedBy;
    }
  }

  test.for(crashSteps)("at %s: every job is in Slurm once", limits, async (step) => {
    await using run = await CrashRun.open(cluster.slurmConf);
    // Jobs on their way, for whoever looks for such.
    if (step === "job-looked-for") await dieAt(run, { step: "submitting-stored", count: 1 });
    expect(await dieAt(run, { step, count: 1 })).toBe("SIGKILL");
    // Once more with what the first has left; where all is done by then, the step may not come.
    await Promise.race([dieAt(run, { step, count: 3 }), sleep(1_500)]);
    await run.killAll();
    await run.expectExactlyOnce(Math.max(count, run.answered.size), deadlineMs);
  });

  test.for([
    ["sbatch outlives the engine", "kill"],
    ["sbatch dies when slurmctld has its request already", "killAll"],
  ] as const)("while slurmctld does not answer, and %s: the job is in Slurm once", limits, async ([, how]) => {
    await using run = await CrashRun.open(cluster.slurmConf);
    await cluster.signal("slurmctld", "SIGSTOP");
    try {
      const child = run.start();
      const submitting = run.submit(child, count);
      await expect.poll(() => run.sbatches(), { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
      // For their requests to reach the controller's socket.
      await sleep(500);
      await child[how]();
      await submitting;
      run.start();
      await sleep(1_500);
    } finally {
      await cluster.signal("slurmctld", "SIGCONT");
    }
    await run.expectExactlyOnce(count, deadlineMs);
  });
});

test.for(["local", "ssh"] as const)(
  "killed at random moments, %s, slurmctld suspended and restarted: each job once",
  limits,
  async (over, { signal }) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const lines: string[] = [];
    const run = chaos({ seed, over, jobs: 40, kills: 10, outageMs: 2_500, say: (line) => lines.push(line), signal });
    await run.catch((error: unknown) => {
      throw new Error(`with seed ${seed}`, { cause: error });
    });
    expect(lines).toHaveLength(1);
  },
);
