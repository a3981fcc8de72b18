import { expect, test } from "sluice/vitest";
import { trainModel } from "../src/model.ts";
import { sweep, train, trainOnGpus } from "../src/tasks.ts";

test("a trial asks for what it needs", async ({ mockCluster }) => {
  // It runs nothing, and shows the very script that would be submitted.
  const job = await mockCluster.submit(train)({ learningRate: 0.1, penalty: 0 });
  expect(job.script).toContain("#SBATCH --cpus-per-task=1");
  expect(job.script).toContain("#SBATCH --mem=200M");
});

test("the sweep finds the best settings on a real Slurm", { timeout: 120_000 }, async ({ slurmClusterMulti }) => {
  const rates = [0.01, 0.1, 1];
  const penalties = [0, 0.1];
  const job = await slurmClusterMulti.submit(sweep)(rates, penalties);
  const { tried, best } = await job.wait({ timeout: "90s" });
  const losses = rates.flatMap((learningRate) =>
    penalties.map((penalty) => trainModel({ learningRate, penalty }).loss),
  );
  expect(tried).toBe(6);
  expect(best.loss).toBeCloseTo(Math.min(...losses), 10);
  expect(best.weights).toBeInstanceOf(Float64Array);
});

test("a task with GPUs trains on each of them", { timeout: 120_000 }, async ({ slurmClusterGpu }) => {
  const job = await slurmClusterGpu.submit(trainOnGpus)({ learningRate: 1, penalty: 0 });
  const trained = await job.wait({ timeout: "90s" });
  expect(trained.map(({ device }) => device)).toEqual([0, 1]);
});
