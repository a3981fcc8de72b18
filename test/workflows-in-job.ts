/** Workflows whose jobs tests run; see `job-in-folder.ts`. */
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JobContext, task, workflow } from "../src/sdk/index.ts";

/** Notes in the folder that it shares with the workflow that it ran. */
export const square = task({ id: "square", packaging: "inherit" }, async (value: number) => {
  appendFileSync(join(JobContext.current().sharedDir, "ran"), `${value}\n`);
  await sleep(1);
  return value * value;
});

/** Submits two children, is interrupted before it has heard of them, and adds up what they gave. */
export const sumOfSquares = workflow({ id: "sum-of-squares" }, async (context, left: number, right: number) => {
  const jobs = await Promise.all([context.cluster.submit(square)(left), square(right)]);
  const interrupted = join(context.workflowJobDir, "interrupted");
  if (!existsSync(interrupted)) {
    writeFileSync(interrupted, jobs.map(({ id }) => id).join("\n"));
    await sleep(600_000);
  }
  const [a = 0, b = 0] = await Promise.all(jobs.map((job) => job.wait()));
  return { sum: a + b, runs: context.taskRuns("square").length, ids: jobs.map(({ id }) => id) };
});
