import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBareCluster, type BareCluster } from "../../../test/bare-cluster.ts";
import { readConfig } from "../../config.ts";
import type { Cluster } from "../../jobs/cluster.ts";
import { createLocalRunner } from "../../remote/local-runner.ts";
import type { ClusterNode } from "../../schema/cluster-inventory.ts";
import { createSlurmCluster } from "./slurm-cluster.ts";

const never = new AbortController().signal;
const base = mkdtempSync(join(tmpdir(), "inventory-"));
let bare: BareCluster;
let env: Readonly<Record<string, string>>;
let cluster: Cluster;

// Nodes are drained here, so this file has a cluster of its own.
beforeAll(async () => {
  bare = await startBareCluster();
  env = { ...readConfig().environment, SLURM_CONF: bare.slurmConf };
  cluster = createSlurmCluster({ name: "bare", base, runner: createLocalRunner({ env }), environment: env });
  const short = "PartitionName=short Nodes=cpu-0,gpu-0 MaxTime=1:30:00 DefaultTime=10 MinNodes=0 MaxNodes=1".split(" ");
  slurm("scontrol", "create", ...short);
  slurm("scontrol", "create", "PartitionName=empty", "State=DOWN", "MinNodes=0");
});

afterAll(async () => {
  await bare.close();
  rmSync(base, { recursive: true, force: true });
});

const slurm = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { env, encoding: "utf8" });
const nodeOf = async (name: string): Promise<ClusterNode | undefined> =>
  (await cluster.inventory(never)).nodes.find((node) => node.name === name);

test("partitions have their limits, nodes and state", async () => {
  const { partitions } = await cluster.inventory(never);
  const common = { isDefault: false, isHidden: false, state: "up", minNodes: 0 };
  expect(partitions).toEqual([
    { ...common, name: "cpu", isDefault: true, nodes: "cpu-[0-1]", totalNodes: 2, totalCpus: 16 },
    { ...common, name: "gpu", nodes: "gpu-0", totalNodes: 1, totalCpus: 8 },
    {
      ...common,
      name: "short",
      nodes: "cpu-0,gpu-0",
      totalNodes: 2,
      totalCpus: 16,
      maxNodes: 1,
      maxTimeSeconds: 5_400,
      defaultTimeSeconds: 600,
    },
    { ...common, name: "empty", state: "down", totalNodes: 0, totalCpus: 0 },
  ]);
});

test("a node of two partitions is told once, with what jobs have of it", async () => {
  expect((await cluster.inventory(never)).nodes.map(({ name }) => name)).toEqual(["cpu-0", "cpu-1", "gpu-0"]);
  expect(await nodeOf("gpu-0")).toMatchObject({
    state: "idle",
    acceptsJobs: true,
    partitions: ["gpu", "short"],
    cpus: { total: 8, allocated: 0 },
    memoryMb: { total: 16_384, allocated: 0 },
    gres: "gpu:fake:4",
    features: ["gpu"],
  });
  const id = slurm("sbatch", "--parsable", "--partition=gpu", "--gpus=2", "--output=/dev/null", "--wrap=sleep 600");
  await expect.poll(async () => (await nodeOf("gpu-0"))?.state, { timeout: 40_000, interval: 50 }).toBe("mixed");
  expect(await nodeOf("gpu-0")).toMatchObject({
    cpus: { total: 8, allocated: 1 },
    memoryMb: { total: 16_384, allocated: 256 },
    gresUsed: "gpu:fake:2(IDX:0-1)",
  });
  slurm("scancel", id.trim());
});

test("a drained node says why and by whom, and takes no jobs", async () => {
  slurm("scontrol", "update", "NodeName=cpu-1", "State=DRAIN", "Reason=bad disk");
  const node = await nodeOf("cpu-1");
  expect(node).toMatchObject({ flags: ["drain"], acceptsJobs: false, reason: { text: "bad disk" } });
  expect(Math.abs(Date.parse(node?.reason?.time ?? "") - Date.now())).toBeLessThan(60_000);
  slurm("scontrol", "update", "NodeName=cpu-1", "State=UNDRAIN");
  expect(await nodeOf("cpu-1")).not.toHaveProperty("reason");
});
