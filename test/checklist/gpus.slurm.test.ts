import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkspace, type Ended, type Workspace } from "../sluice.ts";

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
  await workspace.start("gpus", "--cpu-nodes", "1", "--gpu-nodes", "1", "--gpus-per-node", "4");
});
afterAll(() => workspace[Symbol.asyncDispose]());

const onGpus = (program: string, ...args: readonly string[]): Promise<Ended> =>
  workspace.onCluster("gpus", program, ...args);
const gpuVariable = /^((?:SLURM_\w*GPU|CUDA_|ROCR_|ZE_|GPU_DEVICE)\w*)=(.*)$/gm;

/** Every variable about GPUs that a batch job sees, which asks for them with these options. */
async function batchEnvironment(cluster: string, ...options: readonly string[]): Promise<Record<string, string>> {
  const args = ["--parsable", "--partition=gpu", `--output=${cluster}-%j`, ...options, "--wrap=env"];
  const { stdout, stderr, exitCode } = await workspace.onCluster(cluster, "sbatch", ...args);
  expect([exitCode, stderr]).toEqual([0, ""]);
  // When it has ended its GPUs are free again, and the next job gets the same.
  const state = () =>
    workspace.onCluster(cluster, "squeue", "--noheader", "--states=all", "--format=%T", "--jobs", stdout.trim());
  await expect.poll(async () => (await state()).stdout, { timeout: 30_000 }).toBe("COMPLETED\n");
  return variables(await written(`${cluster}-${stdout.trim()}`));
}

/** What a job has written by now. */
function written(name: string): Promise<string> {
  return readFile(join(workspace.cwd, name), "utf8").catch(() => "");
}

function variables(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(gpuVariable)].map(([, name = "", value = ""]) => [name, value]));
}

describe("simulated GPUs", () => {
  test("item 55: a GPU node takes jobs on a machine without GPUs or drivers", async () => {
    const { nodes } = await workspace.status("gpus");
    expect(nodes.map(({ name, state, gpus }) => [name, state, gpus])).toContainEqual(["compute-1", "idle", 4]);
    const { stdout } = await onGpus("sinfo", "--noheader", "--Node", "--nodes=compute-1", "--format=%G %E");
    expect(stdout).toBe("gpu:fake:4 none\n");
    expect((await onGpus("srun", "--partition=gpu", "--gpus=1", "echo", "ran")).stdout).toBe("ran\n");
    expect(await readFile(workspace.path("gpus", "log/slurmd-compute-1.log"), "utf8")).not.toMatch(
      /\berror: .*(gpu|gres)/i,
    );
  });

  test("item 56: a job of --gpus=2 sees two GPUs on its node", async () => {
    expect(await batchEnvironment("gpus", "--gpus=2")).toMatchObject({ SLURM_GPUS_ON_NODE: "2" });
  });

  test("item 57: SLURM_GPUS is what --gpus said, and other ways to ask do not set it", async () => {
    expect(await batchEnvironment("gpus", "--gpus=2")).toMatchObject({ SLURM_GPUS: "2" });
    expect(await batchEnvironment("gpus", "--gpus=fake:2")).toMatchObject({ SLURM_GPUS: "fake:2" });
    for (const option of ["--gres=gpu:2", "--gpus-per-node=2"]) {
      const environment = await batchEnvironment("gpus", option);
      expect(environment).not.toHaveProperty("SLURM_GPUS");
      expect(environment).toMatchObject({ SLURM_GPUS_ON_NODE: "2" });
    }
  });

  test("item 58: SLURM_JOB_GPUS lists the indices of the job's GPUs", async () => {
    expect(await batchEnvironment("gpus", "--gpus=1")).toMatchObject({ SLURM_JOB_GPUS: "0" });
    expect(await batchEnvironment("gpus", "--gres=gpu:3")).toMatchObject({ SLURM_JOB_GPUS: "0,1,2" });
  });

  test("item 59: no vendor's variable is set, and a job without GPUs has none at all", async () => {
    expect(Object.keys(await batchEnvironment("gpus", "--gpus=2")).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "SLURM_GPUS",
      "SLURM_GPUS_ON_NODE",
      "SLURM_JOB_GPUS",
    ]);
    expect(await batchEnvironment("gpus")).toEqual({});
  });

  test("item 60: jobs that run at once have GPUs of their own, and the next one waits for them", async () => {
    const submit = async (): Promise<string> => {
      const wrap = "--wrap=echo $SLURM_JOB_GPUS; sleep 600";
      const args = ["--parsable", "--partition=gpu", "--gpus=2", "--cpus-per-task=1", "--output=%j.indices", wrap];
      return (await onGpus("sbatch", ...args)).stdout.trim();
    };
    const jobs = [await submit(), await submit(), await submit()];
    const indices = (job: string | undefined): Promise<string> => written(`${job}.indices`);
    await expect.poll(() => indices(jobs[0]), { timeout: 30_000 }).toBe("0,1\n");
    await expect.poll(() => indices(jobs[1]), { timeout: 30_000 }).toBe("2,3\n");
    const third = (): Promise<string> =>
      onGpus("squeue", "--noheader", `--jobs=${jobs[2]}`, "--format=%t %r").then(({ stdout }) => stdout.trim());
    await expect.poll(third, { timeout: 30_000 }).toBe("PD Resources");
    expect((await onGpus("sinfo", "-h", "-N", "-n", "compute-1", "-O", "GresUsed:40")).stdout.trim()).toBe(
      "gpu:fake:4(IDX:0-3)",
    );
    await onGpus("scancel", jobs[1] ?? "");
    await expect.poll(() => indices(jobs[2]), { timeout: 30_000 }).toBe("2,3\n");
    await onGpus("scancel", ...jobs);
  });

  test.each([
    ["more than a node has", ["--partition=gpu", "--gpus=5", "--nodes=1"]],
    ["more than the cluster has", ["--partition=gpu", "--gres=gpu:5"]],
    ["a type that there is not", ["--partition=gpu", "--gpus=a100:1"]],
    ["any on the partition without them", ["--partition=cpu", "--gpus=1"]],
  ])("item 60: a job that asks for %s is refused when it is submitted", async (_, options) => {
    const { exitCode, stderr } = await onGpus("sbatch", ...options, "--output=/dev/null", "--wrap=true");
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("Requested node configuration is not available");
  });

  test("item 61: sluice run takes --gpus", async () => {
    const ended = await workspace.sluice(
      "run",
      "--cluster",
      "gpus",
      "--quiet",
      "--partition=gpu",
      "--gpus=2",
      "--",
      "env",
    );
    expect([ended.exitCode, ended.stderr]).toEqual([0, ""]);
    expect(variables(ended.stdout)).toEqual({ SLURM_GPUS: "2", SLURM_GPUS_ON_NODE: "2", SLURM_JOB_GPUS: "0,1" });
  });
});

describe("--gpu-env", () => {
  const slurm = { SLURM_GPUS: "2", SLURM_GPUS_ON_NODE: "2", SLURM_JOB_GPUS: "0,1" };
  test.each([
    ["none", {}],
    ["nvidia", { CUDA_VISIBLE_DEVICES: "0,1" }],
    ["amd", { ROCR_VISIBLE_DEVICES: "0,1" }],
  ])("item 59: %s adds the variables of that vendor alone", async (vendor, variablesOfVendor) => {
    await workspace.start(vendor, "--preset", "gpu", "--gpu-env", vendor);
    expect(await batchEnvironment(vendor, "--gpus=2")).toEqual({ ...slurm, ...variablesOfVendor });
    await workspace.done("cluster", "destroy", "--name", vendor);
  });
});
