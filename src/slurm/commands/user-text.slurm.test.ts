import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { runOnCluster } from "../../../test/run-on-cluster.ts";
import { sbatch } from "./sbatch.ts";
import { scancel } from "./scancel.ts";
import { updateJob } from "./scontrol-jobs.ts";
import { showJob } from "./scontrol-show-job.ts";
import { squeue } from "./squeue.ts";

const boundary = "4b1f6f2c-77aa-4b9e";
const directory = mkdtempSync(join(tmpdir(), "user text=|%-"));
const submitted: string[] = [];

afterAll(() => {
  if (submitted.length > 0) runOnCluster(scancel({ jobs: submitted }));
  rmSync(directory, { recursive: true, force: true });
});

/** Submits a held job whose script lies in a folder of that name, as Sluice's own job folders do. */
function submitHeld(folder: string, options: readonly string[]): { nativeId: string; script: string } {
  const path = join(directory, folder);
  mkdirSync(path, { recursive: true });
  const script = join(path, "script.sh");
  writeFileSync(script, "#!/bin/sh\nexit 0\n");
  const { nativeId } = runOnCluster(sbatch({ script, args: [], options: ["--hold", `--chdir=${path}`, ...options] }));
  submitted.push(nativeId);
  return { nativeId, script };
}

const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(" ", "=", "|", "\n", "\n   ", "\t", '"', "'", "%", "%j", "\\", "\x1f", "\x1e", ";", "$(id)", "`"),
      fc.constantFrom(
        "JobState=FAILED",
        "\n   JobState=FAILED Reason=x",
        "\n\nJobId=1 JobName=x",
        "é",
        "漢",
        "🚀",
        "(null)",
      ),
      fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !text.includes("\0")),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => `x${parts.join("")}y`);

test("names, comments and paths of 30 jobs come back from squeue as they were given", () => {
  const samples = fc.sample(fc.record({ name: nasty, comment: nasty }), { numRuns: 30, seed: 20_260_101 });
  const jobs = samples.map(({ name, comment }, index) => ({
    name,
    comment,
    ...submitHeld(`job ${index} =|\n"%`, [`--job-name=${name}`, `--comment=${comment}`]),
  }));
  const listed = runOnCluster(squeue({ boundary, jobs: jobs.map((job) => job.nativeId) }));
  expect(listed).toHaveLength(jobs.length);
  for (const job of jobs) {
    expect(listed.find((one) => one.nativeId === job.nativeId)).toMatchObject({
      name: job.name,
      comment: job.comment,
      command: job.script,
      workDirectory: join(job.script, ".."),
      state: "PENDING",
      reason: "JobHeldUser",
    });
  }
});

test("scontrol show job knows the true state and paths whatever the comment says", () => {
  const comment = "a JobState=FAILED b\n   JobState=COMPLETED Reason=None\n   Command=/bin/false\nx=y";
  const { nativeId, script } = submitHeld("shown =|", [
    "--job-name=a b = c",
    `--comment=${comment}`,
    "--output=o %j=|.txt",
  ]);
  const [job] = runOnCluster(showJob(nativeId));
  expect(job).toMatchObject({
    name: "a b = c",
    state: "PENDING",
    reason: "JobHeldUser",
    command: script,
    comment,
    stdout: join(script, "..", `o ${nativeId}=|.txt`),
  });
});

test("a name and a comment of 1000 bytes, near Slurm's bound of 1024, are not cut", () => {
  const name = "né ".repeat(250);
  const comment = "c=|".repeat(333);
  const { nativeId } = submitHeld("long", [`--job-name=${name}`, `--comment=${comment}`]);
  const [job] = runOnCluster(squeue({ boundary, jobs: [nativeId] }));
  expect(job).toMatchObject({ name, comment });
});

test("scontrol update carries blanks, equals signs and line breaks", () => {
  const { nativeId } = submitHeld("updated", []);
  const changes = { Comment: `a b=c | "d" 'e'\nJobState=FAILED`, JobName: "new name = x" };
  runOnCluster(updateJob(nativeId, changes));
  const [job] = runOnCluster(squeue({ boundary, jobs: [nativeId] }));
  expect(job).toMatchObject({ comment: changes.Comment, name: changes.JobName });
});

test("a list of tasks without a pattern comes whole", () => {
  const tasks = Array.from({ length: 60 }, (_, i) => i * i).filter((task) => task < 1000);
  const { nativeId } = submitHeld("array", [`--array=${tasks.join(",")}`]);
  const [job] = runOnCluster(squeue({ boundary, jobs: [nativeId] }), { SLURM_BITSTR_LEN: "16" });
  expect(job?.array?.tasks).not.toContain("...");
  expect(job?.array?.tasks).toMatch(/961$/);
  const each = runOnCluster(squeue({ boundary, jobs: [nativeId], eachTask: true }));
  expect(each.map((one) => Number(one.array?.tasks)).sort((a, b) => a - b)).toEqual(tasks);
});
