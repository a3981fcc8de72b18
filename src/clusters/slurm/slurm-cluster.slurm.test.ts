import { existsSync } from "node:fs";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startBareCluster } from "../../../test/bare-cluster.ts";
import { readConfig } from "../../config.ts";
import { describeCluster } from "../../jobs/cluster.contract.ts";
import { followToEnd, requestOf } from "../../jobs/cluster-fixture.contract.ts";
import type { Cluster, SubmittedJob } from "../../jobs/cluster.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { createSlurmCluster } from "./slurm-cluster.ts";

const execute = promisify(execFile);
const environment = { ...readConfig().environment, SLURM_CONF: inject("slurmConf") };
const never = new AbortController().signal;

async function slurmOf(slurmConf: string, program: string, ...args: readonly string[]): Promise<string> {
  return (await execute(program, args, { env: { ...environment, SLURM_CONF: slurmConf } })).stdout;
}

function slurm(program: string, ...args: readonly string[]): Promise<string> {
  return slurmOf(environment.SLURM_CONF, program, ...args);
}

interface Opened {
  readonly cluster: Cluster;
  readonly base: string;
  close(): Promise<void>;
}

async function open(slurmConf = inject("slurmConf")): Promise<Opened> {
  // A base with characters that a shell, and sbatch's own patterns, would read.
  const base = await mkdtemp(join(tmpdir(), "sluice it's $(x) %j "));
  const env = { ...environment, SLURM_CONF: slurmConf };
  const cluster = createSlurmCluster({ name: "bare", base, runner: createLocalRunner({ env }), environment: env });
  return { cluster, base, close: () => rm(base, { recursive: true, force: true }) };
}

describeCluster(
  "slurm",
  async () => {
    // A controller that forgets: jobs leave its memory while the tests run.
    const bare = await startBareCluster(["MinJobAge=2"]);
    const own = await open(bare.slurmConf);
    // sbatch reads % as a pattern even in the folder that it was called from, so that one has none.
    const workDirectory = await mkdtemp(join(tmpdir(), "work it's "));
    return {
      cluster: own.cluster,
      workDirectory,
      async forgetEnded({ nativeId }) {
        const remembered = async (): Promise<string> =>
          slurmOf(
            bare.slurmConf,
            "squeue",
            "--noheader",
            "--states=all",
            `--jobs=${nativeId},999999`,
            "--Format=JobID",
          );
        const deadline = Date.now() + 40_000;
        while ((await remembered()) !== "") {
          if (Date.now() > deadline) throw new Error(`slurmctld still remembers job ${nativeId} after 40 s`);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      },
      async close() {
        await own.close();
        await rm(workDirectory, { recursive: true, force: true });
        await bare.close();
      },
    };
  },
  { pendingOptions: ["--hold"], forgets: true },
);

describe("a job on Slurm", () => {
  let here: Opened;
  beforeAll(async () => {
    here = await open();
  });
  afterAll(() => here.close());
  const submit = (
    script: string,
    options: readonly string[] = [],
    args: readonly string[] = [],
  ): Promise<SubmittedJob> =>
    here.cluster.submit(requestOf(script, { workDirectory: here.base, options, args }), never);

  test("several nodes and GPUs are given as asked", async () => {
    const two = await submit("#!/bin/sh\nsrun sh -c 'echo $SLURMD_NODENAME'\n", ["--nodes=2"]);
    expect((await followToEnd(here.cluster, two)).stdout.toString().trim().split("\n").sort()).toEqual([
      "cpu-0",
      "cpu-1",
    ]);
    const gpus = await submit("#!/bin/sh\nprintf %s $SLURM_JOB_GPUS\n", ["--partition=gpu", "--gpus=2"]);
    expect((await followToEnd(here.cluster, gpus)).stdout.toString()).toMatch(/^\d,\d$/);
  });

  test("a job that can never run is refused with Slurm's words, and its folder removed", async () => {
    const before = await readdir(join(here.base, "jobs"));
    await expect(submit("#!/bin/sh\n", ["--mem=900G"])).rejects.toMatchObject({
      code: "SUBMIT_REJECTED",
      message: expect.stringContaining("Memory"),
    });
    expect(await readdir(join(here.base, "jobs"))).toEqual(before);
  });

  test("a job whose native id was never written down is found in the queue by its script's path", async () => {
    const job = await submit("#!/bin/sh\n", ["--hold"], ["an arg"]);
    await rm(join(job.directory, "id"));
    expect(await here.cluster.find(job.jobId, never)).toEqual(job);
    await here.cluster.cancel(job, never);
    await followToEnd(here.cluster, job);
  });

  test.for(["--wait", "-W", "-HW", "-W --comment='a b'"])(
    "a script that asks sbatch to wait with %s is submitted at once",
    async (words) => {
      const began = Date.now();
      const job = await submit(`#!/bin/sh\n#SBATCH ${words}\n#SBATCH --hold\n# a comment\n`);
      expect(Date.now() - began).toBeLessThan(10_000);
      expect(await here.cluster.observe(job, never)).toMatchObject([{ state: "held" }]);
      await here.cluster.cancel(job, never);
      await followToEnd(here.cluster, job);
    },
  );

  test("options that sbatch itself is given to wait are left out, and the rest stays", async () => {
    const job = await submit("#!/bin/sh\n", ["-HW", "--comment=a b"]);
    expect((await slurm("squeue", "-h", "-j", job.nativeId, "-o", "%k")).trim()).toBe("a b");
    await here.cluster.cancel(job, never);
    await followToEnd(here.cluster, job);
  });

  test.for(["--test-only", "--clusters=other", "-M other"])(
    "a script with %s, which would make no job here, is refused",
    async (words) => {
      await expect(submit(`#!/bin/sh\n#SBATCH ${words}\n`)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    },
  );

  test("held, released, requeued and changed by the port's words, each twice", async () => {
    const job = await submit("#!/bin/sh\nsleep 60\n", ["--hold", "--time=10", "--requeue"]);
    const state = async (): Promise<string | undefined> => (await here.cluster.observe(job, never))[0]?.state;
    for (const _ of [1, 2]) await here.cluster.control(job, "hold", never);
    for (const _ of [1, 2]) await here.cluster.change(job, { timeLimit: "5", priority: 0 }, never);
    expect((await slurm("squeue", "-h", "-j", job.nativeId, "-o", "%l")).trim()).toBe("5:00");
    for (const _ of [1, 2]) await here.cluster.control(job, "release", never);
    await expect.poll(state, { timeout: 20_000, interval: 50 }).toBe("running");
    // Slurm says so before the node has heard of the job, and one that is requeued then is completing for a minute.
    await expect.poll(() => existsSync(`${job.directory}/start`), { timeout: 20_000, interval: 50 }).toBe(true);
    for (const _ of [1, 2]) await here.cluster.control(job, "requeue", never);
    await expect.poll(state, { timeout: 60_000, interval: 50 }).toBe("pending");
    await expect(here.cluster.change(job, { timeLimit: "soon" }, never)).rejects.toMatchObject({
      code: "FORMAT_INVALID",
    });
    await here.cluster.cancel(job, never);
    await followToEnd(here.cluster, job);
  });

  test("a folder to start in that is not there is refused, and nothing is left", async () => {
    const request = requestOf("#!/bin/sh\n", { workDirectory: join(here.base, "nowhere") });
    await expect(here.cluster.submit(request, never)).rejects.toMatchObject({ code: "SUBMIT_REJECTED" });
    expect(await here.cluster.find(request.jobId, never)).toBeUndefined();
  });

  test("a job's waiting tasks are listed together, each by its number", async () => {
    const job = await submit("#!/bin/sh\n", ["--hold", "--array=1-9:4"]);
    const rows = (await here.cluster.queue(never)).filter(({ jobId }) => jobId === job.jobId);
    expect(rows).toMatchObject([{ jobNativeId: job.nativeId, waitingTasks: [1, 5, 9], state: "held" }]);
    await here.cluster.cancel(job, never);
    await followToEnd(here.cluster, job);
  });

  test("a held job says so", async () => {
    const job = await submit("#!/bin/sh\n", ["--hold"]);
    expect(await here.cluster.observe(job, never)).toMatchObject([{ state: "held", reason: "JobHeldUser" }]);
    await slurm("scontrol", "release", job.nativeId);
    expect((await followToEnd(here.cluster, job)).states.at(-1)).toBe("completed");
  });

  test("a job whose folder is gone can be cancelled", async () => {
    const job = await submit("#!/bin/sh\n", ["--hold"]);
    await rm(job.directory, { recursive: true });
    await here.cluster.cancel(job, never);
    expect(await slurm("squeue", "--noheader", `--jobs=${job.nativeId}`, "--states=PENDING")).toBe("");
  });

  test("a job that waits has no process to signal, and says so soon", async () => {
    const job = await submit("#!/bin/sh\n", ["--hold"]);
    await expect(here.cluster.signalJob(job, "USR1", never)).rejects.toMatchObject({
      code: "ACTION_REFUSED",
      message: expect.stringMatching(/no process to signal/),
    });
    await here.cluster.cancel(job, never);
  });

  test("that its end was asked for is forgotten when a job is requeued", async () => {
    const job = await submit("#!/bin/sh\nsleep 60\n", ["--requeue"]);
    const note = `${job.directory}/cancel`;
    await here.cluster.cancel(job, never);
    expect(existsSync(note)).toBe(true);
    await followToEnd(here.cluster, job);
    await here.cluster.control(job, "requeue", never);
    expect(existsSync(note)).toBe(false);
    await here.cluster.cancel(job, never);
  });

  test("a requeued job is followed into its next run, and its first receipt is not taken for the second", async () => {
    const script =
      '#!/bin/sh\nif [ "${SLURM_RESTART_COUNT:-0}" = 0 ]; then scontrol requeue "$SLURM_JOB_ID"; sleep 60; fi\nexit 4\n';
    const job = await submit(script, ["--requeue"]);
    const { observations } = await followToEnd(here.cluster, job);
    expect(observations[0]).toMatchObject({ state: "failed", exit: { status: 4, signal: 0 }, restarts: 1 });
  }, 200_000);
});

describe("the wrapper", () => {
  let here: Opened;
  beforeAll(async () => {
    here = await open();
  });
  afterAll(() => here.close());

  /** The same script by plain sbatch and through Sluice, each signalled in the same way once it runs. */
  async function both(script: string, act: (nativeId: string) => Promise<unknown>): Promise<readonly string[][]> {
    const request = requestOf(script, { workDirectory: here.base });
    const job = await here.cluster.submit(request, never);
    const plainOutput = join(here.base, `plain-${request.jobId}`);
    const plain = (
      await slurm(
        "sbatch",
        "--parsable",
        `--output=${plainOutput.replaceAll("%", "%%")}`,
        join(job.directory, "user-script"),
      )
    ).trim();
    const outputs = [join(job.directory, "stdout"), plainOutput];
    const ids = [job.nativeId, plain];
    return Promise.all(
      ids.map(async (id, index) => {
        const file = outputs[index] ?? "";
        const text = (): Promise<string> => readFile(file, "utf8").catch(() => "");
        await expect.poll(text, { timeout: 20_000, interval: 20 }).toContain("ready");
        await act(id);
        const state = async (): Promise<string> =>
          (await slurm("squeue", "--noheader", "--states=all", `--jobs=${id}`, "--Format=State:0/,exit_code:0")).trim();
        await expect.poll(state, { timeout: 50_000, interval: 50 }).toMatch(/^(COMPLETED|FAILED|CANCELLED)\//);
        // What the shell that ran the script says of a dead child differs by its name.
        const lines = (await text()).split("\n").filter((line) => /^(ready|got|after)/.test(line));
        return [await state(), ...lines];
      }),
    );
  }

  const traps = 'for s in TERM INT USR1 USR2 HUP; do trap "echo got $s" $s; done\n';
  // The child outlives the signal: where it dies first, even plain sbatch's script may end before its own has come.
  const waits =
    "(trap '' TERM INT USR1 USR2 HUP; echo ready; exec sleep 1.5) & p=$!\nwhile kill -0 $p 2>/dev/null; do wait $p; done\necho after\n";

  for (const [what, act] of [
    ["a signal to the batch script alone", (id: string) => slurm("scancel", "--batch", "--signal=USR1", id)],
    ["SIGINT to the batch script alone", (id: string) => slurm("scancel", "--batch", "--signal=INT", id)],
    ["a signal to all processes", (id: string) => slurm("scancel", "--full", "--signal=USR2", id)],
    ["a signal to the steps alone", (id: string) => slurm("scancel", "--signal=USR1", id)],
    ["scancel", (id: string) => slurm("scancel", id)],
  ] as const) {
    test(`${what} arrives at the script once, as with plain sbatch`, async () => {
      const [sluice, plain] = await both(`#!/bin/bash\n${traps}${waits}exit 5\n`, act);
      expect(sluice).toEqual(plain);
    });
  }

  for (const end of [
    "kill -9 $$",
    "kill -TERM $$",
    "kill -SEGV $$",
    "kill -USR1 $$",
    "exit 137",
    "exit 0",
    "sh -c 'kill -9 $$'",
  ]) {
    test(`a script that ends with "${end}" ends in Slurm as with plain sbatch`, async () => {
      const [sluice, plain] = await both(`#!/bin/bash\necho ready\n${end}\n`, async () => {});
      expect(sluice).toEqual(plain);
    });
  }
});
