import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../../src/schema/cluster-status.ts";
import { readSlurmConf, type SlurmConf } from "../../src/slurm/config/read-slurm-conf.ts";
import { openWorkspace, type Workspace } from "../sluice.ts";

const presets = ["cpu", "gpu", "multi-node", "full"] as const;
type Preset = (typeof presets)[number];

/** One running cluster of each preset, called after it. */
let workspace: Workspace;
let made: Record<Preset, ClusterStatus>;
let files: readonly string[];
beforeAll(async () => {
  workspace = await openWorkspace();
  const start = (preset: Preset) => workspace.start(preset, "--preset", preset);
  const [cpu, gpu, multiNode, full] = await Promise.all(presets.map(start));
  if (cpu === undefined || gpu === undefined || multiNode === undefined || full === undefined)
    throw new Error("too few");
  made = { cpu, gpu, "multi-node": multiNode, full };
  files = await workspace.files();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const textOf = (preset: Preset, path: string): Promise<string> => readFile(workspace.path(preset, path), "utf8");
const confOf = async (preset: Preset): Promise<SlurmConf> => readSlurmConf(await textOf(preset, "config/slurm.conf"));
const has = (preset: Preset, path: string): boolean => files.includes(`w/.slurm-cluster/${preset}/${path}`);
/** Slurm's own word on a partition: name, default, nodes, time limit. */
const sinfo = async (preset: Preset): Promise<readonly string[]> => {
  const { stdout } = await workspace.onCluster(preset, "sinfo", "--noheader", "--format=%P %N %l");
  return stdout.trim().split("\n");
};

test("item 37: cpu is one node of 4 CPUs and 4096 MB with the partition debug", async () => {
  expect(made.cpu.nodes).toEqual([
    { name: "slurm", state: "idle", cpus: 4, gpus: 0, memory: 4096, partitions: ["debug"] },
  ]);
  expect(await sinfo("cpu")).toEqual(["debug* slurm 1:00:00"]);
});

test("item 38: gpu is one node of 4 CPUs, 8192 MB and 2 GPUs with the partitions debug and gpu", async () => {
  expect(made.gpu.nodes).toEqual([
    { name: "slurm", state: "idle", cpus: 4, gpus: 2, memory: 8192, partitions: ["debug", "gpu"] },
  ]);
  expect(await sinfo("gpu")).toEqual(["debug* slurm 1:00:00", "gpu slurm infinite"]);
  expect((await confOf("gpu")).nodes.map(({ gres }) => gres)).toEqual(["gpu:fake:2"]);
});

test("item 39: multi-node is a controller and two nodes of 4 CPUs and 4096 MB in the partition cpu", async () => {
  expect(made["multi-node"].nodes).toEqual([
    { name: "controller", state: "up", cpus: 2, gpus: 0, memory: 2048, partitions: [] },
    { name: "compute-0", state: "idle", cpus: 4, gpus: 0, memory: 4096, partitions: ["cpu"] },
    { name: "compute-1", state: "idle", cpus: 4, gpus: 0, memory: 4096, partitions: ["cpu"] },
  ]);
  expect(await sinfo("multi-node")).toEqual(["cpu* compute-[0-1] infinite"]);
});

test("item 40: full is a controller, two CPU nodes, a node of 4 GPUs and a registry", async () => {
  expect(made.full.nodes).toEqual([
    { name: "controller", state: "up", cpus: 2, gpus: 0, memory: 2048, partitions: [] },
    { name: "cpu-0", state: "idle", cpus: 8, gpus: 0, memory: 8192, partitions: ["cpu"] },
    { name: "cpu-1", state: "idle", cpus: 8, gpus: 0, memory: 8192, partitions: ["cpu"] },
    { name: "gpu-0", state: "idle", cpus: 8, gpus: 4, memory: 16_384, partitions: ["gpu"] },
  ]);
  expect(await sinfo("full")).toEqual(["cpu* cpu-[0-1] infinite", "gpu gpu-0 infinite"]);
  expect(made.full.registry).toMatch(/^localhost:\d+$/);
  const { stderr, exitCode } = await workspace.sluice("cluster", "create", "--preset", "full", "--name", "noted");
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("note: left out Pyxis: ")]);
});

test("item 41: the feature gpu marks the nodes of the partition gpu, and jobs can ask for it", async () => {
  expect((await confOf("full")).nodes.map(({ name, features }) => [name, features])).toEqual([
    ["cpu-0", []],
    ["cpu-1", []],
    ["gpu-0", ["gpu"]],
  ]);
  const srun = (...args: readonly string[]) =>
    workspace.onCluster("full", "srun", "--constraint=gpu", ...args, "printenv", "SLURMD_NODENAME");
  expect((await srun("--partition=gpu")).stdout).toBe("gpu-0\n");
  expect((await srun("--partition=cpu")).exitCode).not.toBe(0);
});

test("item 42: a controller's sizes are shown, and Slurm knows no such node", async () => {
  for (const preset of ["multi-node", "full"] as const) {
    expect(made[preset].nodes[0]).toMatchObject({ name: "controller", cpus: 2, memory: 2048 });
    expect((await confOf(preset)).nodes.map(({ name }) => name)).not.toContain("controller");
    expect((await workspace.onCluster(preset, "scontrol", "show", "node", "controller")).exitCode).not.toBe(0);
  }
});

test("item 45: config/slurm.conf is the configuration that the daemons run with", async () => {
  for (const preset of presets) {
    const { stdout } = await workspace.onCluster(preset, "scontrol", "show", "config");
    expect(stdout).toMatch(new RegExp(`^SLURM_CONF += ${workspace.path(preset, "config", "slurm.conf")}$`, "m"));
    expect(stdout).toMatch(new RegExp(`^ClusterName += ${preset}$`, "m"));
  }
});

test("item 46: there is a gres.conf only where there are GPUs", () => {
  expect(presets.filter((preset) => has(preset, "config/gres.conf"))).toEqual(["gpu", "full"]);
});

test("item 47: there is always a cgroup.conf", async () => {
  expect(presets.filter((preset) => has(preset, "config/cgroup.conf"))).toEqual(presets);
  expect(await textOf("cpu", "config/cgroup.conf")).not.toMatch(/^Constrain\w+=yes/im);
});

test("item 48: there is no plugstack.conf without Pyxis", () => {
  expect(presets.filter((preset) => has(preset, "config/plugstack.conf"))).toEqual([]);
});

test("item 50: .env names the cluster to shells and tools", async () => {
  const env = workspace.path("full", ".env");
  const { stdout, stderr } = await workspace.onCluster(
    "cpu",
    "sh",
    "-c",
    `set -a; . '${env}'; sinfo --noheader --format=%N; echo "$SLURM_TEST_CLUSTER $SLUICE_REGISTRY $SLUICE_SSH_PORT"`,
  );
  expect(stderr).toBe("");
  expect(stdout).toBe(`cpu-[0-1],gpu-0\nfull ${made.full.registry} ${made.full.connection.port}\n`);
});

test("item 52: slurm.conf declares the type of GRES, and the GPUs on GPU nodes alone", async () => {
  for (const [preset, gres] of [
    ["gpu", ["gpu:fake:2"]],
    ["full", [undefined, undefined, "gpu:fake:4"]],
    ["multi-node", [undefined, undefined]],
  ] as const) {
    const conf = await confOf(preset);
    expect(conf.nodes.map((node) => node.gres)).toEqual(gres);
    expect(conf.settings.get("grestypes")).toBe(preset === "multi-node" ? undefined : "gpu");
  }
});
