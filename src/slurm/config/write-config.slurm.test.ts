import { execFile } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, startPlan, writePlan } from "../../../test/planned-cluster.ts";
import { presetNames, presetPlan } from "../../../test/preset-plans.ts";
import type { ClusterPlan } from "../../schema/cluster-plan.ts";
import { gpuEnvs } from "../../schema/cluster-spec.ts";

const run = promisify(execFile);
/** Below the ports of the shared cluster (24000 and up) and of the kernel. */
const firstPort = 23_000 + (process.pid % 100) * 8;
/** The users that the daemons run as: root, and the one of no rights that every Linux has. */
const users = [
  { name: "root", uid: 0 },
  { name: "nobody", uid: 65_534 },
] as const;

async function folder(name?: string): Promise<string> {
  const dir = await makeFolder();
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const inner = name === undefined ? dir : join(dir, name);
  await mkdir(inner, { recursive: true });
  return inner;
}

function planIn(dir: string, preset: (typeof presetNames)[number], user = "root"): ClusterPlan {
  const { pyxis: _, ...plan } = presetPlan(preset, "22.05", { dir, firstPort, user });
  return { ...plan, auth: { type: "none" } };
}

test.each(presetNames)("slurmd accepts the files of preset %s, and finds every GPU", async (preset) => {
  const dir = await folder();
  const plan = planIn(dir, preset);
  const slurmConf = await writePlan(plan, dir);
  for (const { name, gpus } of plan.nodes) {
    const { stderr } = await run("slurmd", ["-G", "-f", slurmConf, "-N", name]);
    const found = / Name=gpu Type=fake Count=(\d+) .*File=(\S+) /.exec(stderr)?.slice(1) ?? [];
    const count = gpus?.devices.length;
    expect(found).toEqual(count === undefined ? [] : [String(count), `${dir}/devices/gpu[0-${count - 1}]`]);
  }
});

test.each(["a #b", 'a"b', "a'b", "a\\b", "a=b", "ä", "a$b", "a\\#"])(
  "slurmctld uses the folder whose name is %j",
  async (name) => {
    const dir = await folder(name);
    await using cluster = await startPlan(planIn(dir, "cpu"), dir, 0);
    const config = await cluster.command("scontrol", "show", "config");
    expect(config).toContain(`StateSaveLocation       = ${dir}/state\n`);
    expect(await readFile(join(dir, "log", "slurmd-slurm.log"), "utf8")).toContain("slurmd started");
  },
);

test.each(users)(
  "the gpu preset comes up as $name, and a job sees Slurm's variables and the vendor's that was asked for",
  async ({ name, uid }) => {
    const vendor = { none: [], nvidia: ["CUDA_VISIBLE_DEVICES=0,1"], amd: ["ROCR_VISIBLE_DEVICES=0,1"] };
    for (const gpuEnv of gpuEnvs) {
      const dir = await folder();
      await using cluster = await startPlan({ ...planIn(dir, "gpu", name), gpuEnv }, dir, uid);
      const output = join(dir, "run", "job.out");
      await cluster.command("sbatch", "--wait", "--gpus=2", "--partition=gpu", `--output=${output}`, "--wrap=env");
      const variables = (await readFile(output, "utf8"))
        .split("\n")
        .filter((line) => /^\w*(GPU|VISIBLE|AFFINITY)\w*=/.test(line));
      expect(variables.sort()).toEqual(
        ["SLURM_GPUS=2", "SLURM_GPUS_ON_NODE=2", "SLURM_JOB_GPUS=0,1", ...vendor[gpuEnv]].sort(),
      );
    }
  },
);

test("nodes with more CPUs and memory than the host are idle, and the first job leaves memory for the next", async () => {
  const dir = await folder();
  await using cluster = await startPlan(planIn(dir, "full"), dir, 0);
  expect(await cluster.command("sinfo", "--noheader", "--Node", "--format=%N %c %m %G %T")).toBe(
    "cpu-0 8 8192 (null) idle\ncpu-1 8 8192 (null) idle\ngpu-0 8 16384 gpu:fake:4 idle\n",
  );
  await cluster.command("sbatch", "--nodelist=cpu-0", "--output=/dev/null", "--wrap=sleep 60");
  const states = () => cluster.command("squeue", "--noheader", "--format=%T");
  await expect.poll(states, { timeout: 20_000 }).toBe("RUNNING\n");
  await cluster.command("srun", "--immediate=10", "--nodelist=cpu-0", "true");
  await cluster.command("scancel", "--state=RUNNING");
  await expect.poll(states, { timeout: 20_000 }).toBe("");
});

test("a partition of 128 nodes with the longest names is one line that slurmctld reads", async () => {
  const dir = await folder();
  const plan = planIn(dir, "cpu");
  const [node] = plan.nodes;
  if (node === undefined) throw new Error("the preset has no node");
  const nodes = Array.from({ length: 128 }, (_, i) => ({
    ...node,
    name: `${"n".repeat(60)}${i}`,
    port: firstPort + 1 + i,
  }));
  const partitions = [{ name: "all", nodes: nodes.map(({ name }) => name), isDefault: true }];
  const slurmConf = await writePlan({ ...plan, nodes, partitions }, dir);
  const { stderr } = await run("slurmd", ["-G", "-f", slurmConf, "-N", nodes[127]?.name ?? ""]);
  expect(stderr).toBe("");
});
