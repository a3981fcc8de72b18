import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { createSlurmCluster } from "../src/clusters/slurm/slurm-cluster.ts";
import { readConfig } from "../src/config.ts";
import { systemClock } from "../src/jobs/clock.ts";
import { createEngine } from "../src/jobs/engine/engine.ts";
import type { Caller, Engine, JobRequest } from "../src/jobs/job-service.ts";
import type { Runner } from "../src/jobs/runner.ts";
import type { JobStore } from "../src/jobs/store.ts";
import { createLocalRunner } from "../src/remote/local-runner.ts";
import type { JobState } from "../src/schema/job.ts";
import type { StoredJob } from "../src/schema/stored-job.ts";
import { openStore } from "../src/store/registry.ts";

const execute = promisify(execFile);
export const ada: Caller = { subject: "ada", role: "user" };
/** Generous: the machine may run much else beside. */
export const patience = { timeout: 60_000, interval: 50 } as const;

/** An engine with one cluster, which is real, and whatever a test of job's lives asks of the two. */
export interface EngineOnSlurm extends AsyncDisposable {
  readonly store: JobStore;
  readonly engine: Engine;
  /** Runs a Slurm program as root and gives what it printed. */
  slurm(program: string, ...args: readonly string[]): Promise<string>;
  submit(request: JobRequest): Promise<string>;
  /** The job once it is in this state. */
  reaches(id: string, state: JobState): Promise<StoredJob>;
  /** The native id once it has one. */
  nativeId(id: string): Promise<string>;
  /** Every state that its events tell, in order, each once. */
  statesOf(id: string): Promise<readonly JobState[]>;
  /** A job that goes on until `letGo` is called with the same name. */
  until(name: string, then?: string): JobRequest;
  letGo(name: string): Promise<void>;
  /** Another engine on the same store, in the place of this one, that reaches Slurm by another runner. */
  reopen(change?: (runner: Runner) => Runner): Promise<void>;
  /** Ends the engine, as if its process had. */
  closeEngine(): Promise<void>;
}

export async function openEngineOnSlurm(slurmConf: string): Promise<EngineOnSlurm> {
  const env = { ...readConfig().environment, SLURM_CONF: slurmConf };
  const folder = await mkdtemp(join(tmpdir(), "engine it's "));
  const store = await openStore({ url: join(folder, "jobs.db"), clock: systemClock });
  let engine: Engine | undefined;

  const open = (change: (runner: Runner) => Runner): Engine => {
    const runner = change(createLocalRunner({ env }));
    const opened = createEngine({
      store,
      clock: systemClock,
      holder: crypto.randomUUID(),
      report: (error) => {
        throw error;
      },
      directory: {
        list: async () => [
          { name: "bare", kind: "slurm", identity: "1", budget: { burst: Infinity, perSecond: Infinity } },
        ],
        open: async () => createSlurmCluster({ name: "bare", base: folder, runner, environment: env }),
        defaultName: async () => "bare",
      },
    });
    opened.start();
    return opened;
  };
  const closeEngine = async (): Promise<void> => {
    await engine?.[Symbol.asyncDispose]();
    engine = undefined;
  };
  const get = async (id: string): Promise<StoredJob> => {
    const job = await store.get(id);
    if (job === undefined) throw new Error(`job ${id} is gone`);
    return job;
  };
  const current = (): Engine => {
    if (engine === undefined) throw new Error("the engine is closed");
    return engine;
  };
  engine = open((runner) => runner);

  return {
    store,
    get engine() {
      return current();
    },
    slurm: async (program, ...args) => (await execute(program, args, { env })).stdout,
    async submit(request) {
      const [answer] = await current().submit([request], ada);
      if (answer === undefined) throw new Error("a request has no answer");
      if ("invalid" in answer) throw answer.invalid;
      if (answer.conflict !== undefined) throw answer.conflict;
      return answer.job.id;
    },
    async reaches(id, state) {
      await expect.poll(async () => (await get(id)).state, patience).toBe(state);
      return get(id);
    },
    async nativeId(id) {
      await expect.poll(async () => (await get(id)).nativeId, patience).toBeDefined();
      return (await get(id)).nativeId ?? "";
    },
    async statesOf(id) {
      const { events } = await store.eventsAfter(0, { filter: { jobId: id, types: ["state"] }, limit: 1_000 });
      const states = events.flatMap((event) => (event.type === "state" ? [event.data.state] : []));
      return states.filter((state, at) => state !== states[at - 1]);
    },
    until: (name, then = "") => ({
      script: `#!/bin/sh\nuntil [ -e "$1" ]; do sleep 0.05; done\n${then}\n`,
      args: [join(folder, name)],
    }),
    letGo: (name) => writeFile(join(folder, name), ""),
    async reopen(change = (runner) => runner) {
      await closeEngine();
      engine = open(change);
    },
    closeEngine,
    async [Symbol.asyncDispose]() {
      await closeEngine();
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
