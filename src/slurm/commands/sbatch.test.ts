import { expect, test } from "vitest";
import { sbatch } from "./sbatch.ts";

const request = { script: "-my script.sh", args: ["--x", "a b"], options: ["--nodes=2", "--comment=a\nb"] };
const answered =
  (stdout: string, stderr = "", exitCode = 0) =>
  () =>
    sbatch(request).parse({ stdout, stderr, exitCode });

test("passes options, script and arguments each as one argument", () => {
  expect(sbatch(request).argv).toEqual([
    "sbatch",
    "--parsable",
    "--nodes=2",
    "--comment=a\nb",
    "--",
    "-my script.sh",
    "--x",
    "a b",
  ]);
});

test("reads the id, and the cluster where sbatch names one", () => {
  expect(answered("123\n")()).toEqual({ nativeId: "123" });
  expect(answered("123;cluster-a\n")()).toEqual({ nativeId: "123", cluster: "cluster-a" });
  expect(answered("Welcome to the site\n123\n")()).toEqual({ nativeId: "123" });
});

test("takes the job for submitted when --wait gave the job's own exit code", () => {
  expect(answered("123\n", "", 3)()).toEqual({ nativeId: "123" });
});

test("hands on Slurm's words for a job that it refused", () => {
  const stderr =
    "sbatch: error: invalid partition specified: nosuch\nsbatch: error: Batch job submission failed: Invalid partition name specified\n";
  expect(answered("", stderr, 1)).toThrow(
    expect.objectContaining({
      code: "SUBMIT_REJECTED",
      message:
        "sbatch ended with exit code 1 and said: invalid partition specified: nosuch; Batch job submission failed: Invalid partition name specified",
    }),
  );
});

test.each(["Invalid node name specified", "Invalid job id specified"])(
  "a submit of which Slurm says %j is refused for good",
  (words) => {
    const stderr = `sbatch: error: Batch job submission failed: ${words}\n`;
    expect(answered("", stderr, 1)).toThrow(
      expect.objectContaining({ code: "SUBMIT_REJECTED", message: expect.stringContaining(words) }),
    );
  },
);

test("does not take an unreachable controller for a refusal", () => {
  const stderr = "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n";
  expect(answered("", stderr, 1)).toThrow(expect.objectContaining({ code: "CLUSTER_UNREACHABLE" }));
});

test("says so where --test-only made no job", () => {
  const stderr = "sbatch: Job 7 to start at 2026-01-01T00:00:00 using 1 processors on nodes cpu-1 in partition cpu\n";
  expect(answered("", stderr)).toThrow(/--test-only\? It said: Job 7 to start/);
});

test("leaves the user's SBATCH_ variables, time zone and locale alone and drops the outer job's", () => {
  const { env = {} } = sbatch(request);
  for (const kept of ["SBATCH_PARTITION", "SLURM_CONF", "TZ", "LC_ALL", "SLURM_HINT"])
    expect(env).not.toHaveProperty(kept);
  for (const dropped of ["SLURM_JOB_ID", "SLURM_MEM_PER_NODE", "SBATCH_WAIT", "SLURM_EXIT_ERROR", "SLURM_CLUSTERS"]) {
    expect(Object.entries(env)).toContainEqual([dropped, undefined]);
  }
});
