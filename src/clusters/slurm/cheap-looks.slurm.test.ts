import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ada, patience } from "../../../test/engine-on-slurm.ts";
import { readConfig } from "../../config.ts";
import { systemClock } from "../../jobs/clock.ts";
import { followToEnd, requestOf } from "../../jobs/cluster-fixture.contract.ts";
import type { Cluster } from "../../jobs/cluster.ts";
import { createEngine } from "../../jobs/engine/engine.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import { openStore } from "../../store/registry.ts";
import { createSlurmCluster } from "./slurm-cluster.ts";

const never = new AbortController().signal;
let folder: string;
let cluster: Cluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "said it's "));
  const env = { ...readConfig().environment, SLURM_CONF: inject("slurmConf") };
  cluster = createSlurmCluster({ name: "bare", base: folder, runner: createLocalRunner({ env }), environment: env });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Goes on until a file of this name is there. */
const until = (name: string): string =>
  `while ! [ -e '${folder.replaceAll("'", "'\\''")}/${name}' ]; do sleep 0.05; done`;

describe("jobs that have said they ended", { timeout: 120_000 }, () => {
  test("are those of which each task has left its receipt", async () => {
    const script = `#!/bin/sh\n[ $SLURM_ARRAY_TASK_ID = 0 ] && exit 3\n${until("array")}\n`;
    const request = requestOf(script, { workDirectory: folder, options: ["--array=0-1"] });
    const array = await cluster.submit(request, never);
    const one = await cluster.submit(requestOf("#!/bin/sh\nexit 4\n", { workDirectory: folder }), never);
    const said = async (): Promise<readonly string[]> => [...((await cluster.saidEnded?.([array, one], never)) ?? [])];
    await expect.poll(said, patience).toEqual([one.jobId]);
    await expect
      .poll(async () => (await cluster.observe(array, never)).map(({ state }) => state).sort(), patience)
      .toEqual(["failed", "running"]);
    expect(await said()).toEqual([one.jobId]);
    await writeFile(join(folder, "array"), "");
    await followToEnd(cluster, array);
    expect(await said()).toEqual([array.jobId, one.jobId]);
  });

  test("are looked at long before the queue would be again", async () => {
    await using store = await openStore({ url: join(folder, "jobs.db"), clock: systemClock });
    await using engine = createEngine({
      store,
      clock: systemClock,
      holder: crypto.randomUUID(),
      report: (error) => {
        throw error;
      },
      // By so small a share a look is followed by the next one after minutes.
      pace: { moving: 25, quiet: 600_000, share: 0.0001 },
      directory: {
        list: async () => [{ name: "bare", kind: "slurm", identity: "1" }],
        open: async () => cluster,
        defaultName: async () => "bare",
      },
    });
    engine.start();
    const request = { script: `#!/bin/sh\n${until("seldom")}\nexit 5\n` };
    const [answer] = await engine.submit([request], ada);
    if (answer === undefined || !("job" in answer)) throw new Error("it was not accepted");
    const { id } = answer.job;
    await expect.poll(async () => (await store.get(id))?.nativeId, patience).toEqual(expect.any(String));
    await writeFile(join(folder, "seldom"), "");
    await expect.poll(async () => (await store.get(id))?.state, patience).toBe("failed");
    expect((await store.get(id))?.exit).toEqual({ status: 5, signal: 0 });
  });
});

describe("rows of one job", { timeout: 120_000 }, () => {
  test("are those that the whole queue has of it: a job, an array of which some tasks run, a heterogeneous job", async () => {
    const wait = `#!/bin/sh\n${until("rows")}\n`;
    const submit = async (script: string, ...options: readonly string[]) =>
      cluster.submit(requestOf(script, { workDirectory: folder, options }), never);
    const jobs = [
      await submit(wait),
      await submit(wait, "--hold"),
      await submit(wait, "--array=0-3%2"),
      await submit(`#!/bin/sh\n#SBATCH --ntasks=1\n#SBATCH hetjob\n#SBATCH --ntasks=1\n${until("rows")}\n`),
    ];
    const states = async (): Promise<readonly string[]> => {
      const rows = (await cluster.queue(never)).filter(({ jobId }) => jobs.some((job) => job.jobId === jobId));
      return rows.map(({ state }) => state).sort();
    };
    await expect
      .poll(states, patience)
      .toEqual(["held", "pending", "running", "running", "running", "running", "running"]);
    const all = await cluster.queue(never);
    for (const { jobId, nativeId } of jobs) {
      const rows = (await cluster.queueOf?.(nativeId, never)) ?? [];
      const expected = all.filter((row) => row.jobId === jobId);
      expect(expected.length).toBeGreaterThan(0);
      expect(rows).toHaveLength(expected.length);
      expect(rows).toEqual(expect.arrayContaining(expected));
    }
    await writeFile(join(folder, "rows"), "");
    for (const job of jobs) await cluster.cancel(job, never);
    for (const job of jobs) await followToEnd(cluster, job);
    expect(await cluster.queueOf?.("999999", never)).toEqual([]);
  });
});
