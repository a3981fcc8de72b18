import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { JobRequest } from "../../src/jobs/job-service.ts";
import { startBareCluster, type BareCluster } from "../bare-cluster.ts";
import { CrashRun, crashSteps } from "./crash-run.ts";

/*
 * Kills the engine, at every step of a submit and at random moments, and counts what Slurm has got. The short form runs
 * with every other test; `npm run chaos` asks for 1,000 jobs and 300 kills. SLUICE_CHAOS_SEED repeats a run.
 */
const { environment } = readConfig();
const jobs = Number(environment["SLUICE_CHAOS_JOBS"] ?? 60);
const kills = Number(environment["SLUICE_CHAOS_KILLS"] ?? 15);
const seed = Number(environment["SLUICE_CHAOS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const limitMs = 60_000 + kills * 10_000 + jobs * 500;

/** mulberry32: the same moments for the same seed. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Held jobs stay in the queue to be counted; every fifth runs and every seventh is an array. */
function request(number: number): JobRequest {
  const isRun = number % 5 === 0;
  return {
    script: `#!/bin/sh\nexit ${number % 3}\n`,
    name: `job ${number}`,
    idempotencyKey: `key ${number}`,
    options: { hold: !isRun, time: "10", ...(number % 7 === 0 && { array: "0-2" }) },
  };
}

describe("the engine is killed", () => {
  let cluster: BareCluster;
  beforeAll(async () => {
    // Jobs that ended stay listed, to be counted.
    cluster = await startBareCluster(["MinJobAge=3600", "MaxJobCount=20000"]);
  });
  afterAll(() => cluster.close());

  /** Submits what has no answer yet, in parts of ten, each with its key, until a process has answered for all. */
  async function submitAll(run: CrashRun, answered: Map<number, string>, upTo: number): Promise<void> {
    for (let first = 0; first < upTo; first += 10) {
      const part = Array.from({ length: Math.min(10, upTo - first) }, (_, at) => first + at);
      if (part.every((number) => answered.has(number))) continue;
      const ids = await run.submit(part.map(request));
      if (ids === undefined) return;
      for (const [at, number] of part.entries()) {
        const id = ids[at] ?? "";
        // The same key answers the same job, whichever process is asked.
        expect(answered.get(number) ?? id).toBe(id);
        answered.set(number, id);
      }
    }
  }

  /** Starts a process that dies by itself at a step. */
  async function dieAt(
    run: CrashRun,
    answered: Map<number, string>,
    at: { readonly step: string; readonly count: number },
  ): Promise<void> {
    run.start(at);
    await submitAll(run, answered, 10);
    await run.ended();
  }

  /** Lets one process come to rest, and compares what it says with what Slurm has. */
  async function expectExactlyOnce(run: CrashRun, answered: Map<number, string>, count: number): Promise<void> {
    if (!run.isRunning) run.start();
    await submitAll(run, answered, count);
    expect(answered.size).toBe(count);
    await using store = await run.openStore();
    const atRest = async (): Promise<readonly string[]> => {
      const all = await store.getAll([...answered.values()]);
      const restless = all.filter(({ state, name }) => {
        const number = Number(name.split(" ")[1]);
        const end = number % 3 === 0 ? "completed" : "failed";
        return state !== (number % 5 === 0 ? end : "held");
      });
      return restless.map(({ name, state, reason }) => `${name} ${state} ${reason ?? ""}`);
    };
    await expect.poll(atRest, { timeout: limitMs, interval: 200 }).toEqual([]);
    const inSlurm = await run.jobsInSlurm();
    const wrong = [...inSlurm].filter(([, natives]) => natives.length !== 1);
    expect(wrong).toEqual([]);
    expect([...inSlurm.keys()].sort()).toEqual([...answered.values()].sort());
    for (const job of await store.getAll([...answered.values()])) {
      expect([job.nativeId]).toEqual(inSlurm.get(job.id));
      expect(job.freshness).toBe("fresh");
    }
    expect(run.said).toBe("");
  }

  test.for(crashSteps)("at %s: every job is in Slurm once", { timeout: limitMs }, async (step) => {
    await using run = await CrashRun.open(cluster.slurmConf);
    const answered = new Map<number, string>();
    // Jobs on their way, for whoever looks for such.
    if (step === "job-looked-for") await dieAt(run, answered, { step: "submitting-stored", count: 1 });
    await dieAt(run, answered, { step, count: 1 });
    expect(run.diedBy).toBe("SIGKILL");
    // Once more with what the first has left; where all is done by then, the step may not come.
    await Promise.race([dieAt(run, answered, { step, count: 3 }), sleep(1_500)]);
    await run.kill();
    await expectExactlyOnce(run, answered, 10);
  });

  test.for([
    ["sbatch outlives the engine", "kill"],
    ["sbatch dies when slurmctld has its request already", "killAll"],
  ] as const)(
    "while slurmctld does not answer, and %s: the job is in Slurm once",
    { timeout: limitMs },
    async ([, how]) => {
      await using run = await CrashRun.open(cluster.slurmConf);
      const answered = new Map<number, string>();
      await cluster.signal("slurmctld", "SIGSTOP");
      try {
        run.start();
        await submitAll(run, answered, 10);
        await expect.poll(() => run.sbatches(), { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
        // For their requests to reach the controller's socket.
        await sleep(500);
        await run[how]();
        run.start();
        await sleep(1_500);
      } finally {
        await cluster.signal("slurmctld", "SIGCONT");
      }
      await expectExactlyOnce(run, answered, 10);
    },
  );

  test(
    `${kills} times at random, seed ${seed}, slurmctld stopped meanwhile: every one of ${jobs} jobs is in Slurm once`,
    {
      timeout: limitMs,
    },
    async () => {
      const random = randomOf(seed);
      await using run = await CrashRun.open(cluster.slurmConf);
      const answered = new Map<number, string>();
      for (let kill = 0; kill < kills; kill += 1) {
        run.start();
        const asked = Math.ceil((jobs * (kill + 1)) / kills);
        const submitting = submitAll(run, answered, asked);
        if (kill === Math.floor(kills / 2)) await cluster.signal("slurmctld", "SIGSTOP");
        await sleep(150 + random() * 900);
        await (random() < 0.3 ? run.killAll() : run.kill());
        await submitting;
        if (kill === Math.floor(kills / 2) + 1) await cluster.signal("slurmctld", "SIGCONT");
      }
      await cluster.signal("slurmctld", "SIGCONT");
      expect(answered.size).toBeGreaterThan(0);
      await expectExactlyOnce(run, answered, jobs);
    },
  );
});
