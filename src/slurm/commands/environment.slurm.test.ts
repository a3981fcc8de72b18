import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { eventually, runOnCluster } from "../../../test/run-on-cluster.ts";
import { sbatch } from "./sbatch.ts";
import { scancel } from "./scancel.ts";
import { showConfig } from "./scontrol-show-config.ts";
import { showJob } from "./scontrol-show-job.ts";
import { showNode } from "./scontrol-show-node.ts";
import { sinfo } from "./sinfo.ts";
import { squeue } from "./squeue.ts";

const boundary = "4b1f6f2c-77aa-4b9e";
const directory = mkdtempSync(join(tmpdir(), "environment-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Each of these changes what a program of Slurm 22.05 prints or does when it is set. */
const hostile = {
  TZ: "Asia/Tokyo",
  LC_ALL: "C.UTF-8",
  LANG: "de_DE.UTF-8",
  SLURM_TIME_FORMAT: "relative",
  SLURM_BITSTR_LEN: "1",
  SLURM_CLUSTERS: "elsewhere",
  SQUEUE_ACCOUNT: "nobody",
  SQUEUE_ARRAY: "1",
  SQUEUE_FORMAT: "%i",
  SQUEUE_FORMAT2: "JobID",
  SQUEUE_LICENSES: "matlab",
  SQUEUE_NAMES: "other",
  SQUEUE_PARTITION: "gpu",
  SQUEUE_PRIORITY: "1",
  SQUEUE_QOS: "none",
  SQUEUE_SORT: "-i",
  SQUEUE_STATES: "RUNNING",
  SQUEUE_USERS: "nobody",
  SINFO_FORMAT: "%n",
  SINFO_PARTITION: "gpu",
  SINFO_SORT: "-N",
  SCONTROL_FUTURE: "1",
  SCANCEL_STATE: "RUNNING",
  SCANCEL_NAME: "other",
  SCANCEL_USER: "nobody",
};

test("variables of the caller's shell change no answer", async () => {
  const script = join(directory, "held.sh");
  writeFileSync(script, "#!/bin/sh\ntrue\n");
  const options = ["--hold", "--array=1,5,9", "--job-name=né", "--output=/dev/null"];
  const { nativeId } = runOnCluster(sbatch({ script, args: [], options }));

  const asked = squeue({ boundary, jobs: [nativeId] });
  const listed = runOnCluster(asked, hostile);
  expect(listed).toHaveLength(1);
  expect(listed[0]).toMatchObject({ name: "né", state: "PENDING", array: { tasks: "1,5,9" } });
  expect(listed).toEqual(runOnCluster(asked));
  expect(Math.abs(Date.parse(listed[0]?.submitTime ?? "") - Date.now())).toBeLessThan(60_000);

  const [shown] = runOnCluster(showJob(nativeId), hostile);
  expect(shown?.submitTime).toBe(listed[0]?.submitTime);
  expect(shown?.array?.tasks).toBe("1,5,9");
  expect(runOnCluster(sinfo({ boundary }), hostile)).toEqual(runOnCluster(sinfo({ boundary })));
  expect(runOnCluster(showNode("cpu-0"), hostile)[0]?.bootTime).toBe(runOnCluster(showNode("cpu-0"))[0]?.bootTime);
  expect(runOnCluster(showConfig(), hostile).settings.get("BOOT_TIME")).toBe(
    runOnCluster(showConfig()).settings.get("BOOT_TIME"),
  );

  runOnCluster(scancel({ jobs: [nativeId] }), hostile);
  await eventually(
    "the array to be cancelled",
    () => runOnCluster(squeue({ boundary, jobs: [nativeId] })).every((job) => job.state === "CANCELLED") || undefined,
  );
});

test("a job submitted from within another job sees nothing of the outer one, and all of the user's own", async () => {
  const script = join(directory, "inner.sh");
  const output = join(directory, "inner.env");
  writeFileSync(script, "#!/bin/sh\nenv | sort\n");
  const outer = {
    SLURM_JOB_ID: "44",
    SLURM_NTASKS: "7",
    SLURM_NPROCS: "7",
    SLURM_MEM_PER_NODE: "99",
    SLURM_CPU_BIND_LIST: "ff",
    SLURM_GPUS: "4",
    SLURM_STEP_ID: "3",
    SLURM_ARRAY_TASK_ID: "6",
    SLURM_DISTRIBUTION: "cyclic",
    SBATCH_WAIT: "1",
    SLURM_EXIT_ERROR: "0",
    SLURM_CLUSTERS: "elsewhere",
  };
  const own = { SBATCH_COMMENT_OF_MINE: "x", SLURM_TEST_CLUSTER: "mine", TZ: "Asia/Tokyo", SBATCH_PARTITION: "gpu" };
  const { nativeId } = runOnCluster(sbatch({ script, args: [], options: [`--output=${output}`] }), {
    ...outer,
    ...own,
  });
  const job = await eventually("the job's end", () =>
    runOnCluster(squeue({ boundary, jobs: [nativeId] })).find((one) => one.state === "COMPLETED"),
  );
  expect(job.partition).toBe("gpu");
  const lines = readFileSync(output, "utf8").split("\n");
  expect(lines).toContain(`SLURM_JOB_ID=${nativeId}`);
  expect(lines).toContain("SLURM_TEST_CLUSTER=mine");
  expect(lines).toContain("TZ=Asia/Tokyo");
  for (const leftover of [
    "SLURM_NTASKS",
    "SLURM_NPROCS",
    "SLURM_MEM_PER_NODE",
    "SLURM_CPU_BIND_LIST",
    "SLURM_GPUS",
    "SLURM_STEP_ID",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_DISTRIBUTION",
  ]) {
    expect(lines.filter((line) => line.startsWith(`${leftover}=`))).toEqual([]);
  }
});
