import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { processesWith } from "../clusters/process/processes.ts";
import { Cluster } from "../sdk/cluster.ts";
import { task } from "../sdk/define/task.ts";
import { LocalBackend } from "./local-backend.ts";
import { localCluster } from "./local-cluster.ts";

const double = task(function double(value: number) {
  return 2 * value;
});
const patience = { timeout: "60s" } as const;

test("tasks are executed, wait for one another, and come as arrays", async () => {
  await using cluster = localCluster();
  const first = await cluster.submit(double)(21);
  const second = await cluster.submit(double)(first);
  expect(await second.wait(patience)).toBe(84);
  const array = await cluster.map(double, [1, 2, 3], { maxConcurrent: 2 });
  expect(await array.results(patience)).toEqual([2, 4, 6]);
});

test("what a plain process cannot be given is left out", async () => {
  await using cluster = localCluster();
  const script = "#!/bin/sh\n#SBATCH --gpus=2 --nodes=4 --hold --qos=high --begin=now+1hour\necho ran\n";
  const job = await cluster.sbatch(script);
  expect(await job.wait(patience)).toMatchObject({ state: "completed" });
  expect(await job.stdout()).toBe("ran\n");
});

test("jobs that still run end with it, and nothing of them stays", async () => {
  const cluster = new Cluster(new LocalBackend());
  const job = await cluster.sbatch("#!/bin/sh\nsleep 600\n");
  await expect.poll(async () => (await job.status()).state, { timeout: 60_000 }).toBe("running");
  const folder = dirname(dirname(job.directory ?? ""));
  expect([existsSync(folder), processesWith("SLUICE_JOB_ID", job.id).length > 0]).toEqual([true, true]);
  await cluster.close();
  expect([existsSync(folder), processesWith("SLUICE_JOB_ID", job.id)]).toEqual([false, []]);
});

test("nothing is made before something is asked", async () => {
  await using backend = new LocalBackend();
  expect(backend.description).toBe("this machine, without Slurm");
});
