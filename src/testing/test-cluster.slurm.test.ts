import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { processesWith } from "../clusters/process/processes.ts";
import { Cluster } from "../sdk/cluster.ts";
import { JobNodeFailError } from "../sdk/job-end-errors.ts";
import type { TestClusterConfig } from "./test-cluster-config.ts";
import { TestCluster } from "./test-cluster.ts";

/** A home of these tests' own: what is left in it is what was left behind. */
const home = mkdtempSync(join(tmpdir(), "sl-tc-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const patience = { timeout: 60_000, interval: 100 } as const;

/** Clusters that the registry knows, and those that are shared. */
function known(): readonly string[] {
  const names = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);
  return [...names(join(home, "clusters")), ...names(join(home, "shared"))];
}

/** Processes of a cluster: all know its configuration by its path. */
function processesOf({ slurmConf }: TestClusterConfig): readonly number[] {
  return processesWith("SLURM_CONF", slurmConf);
}

test("a cluster is made, started, stopped, started again and destroyed, and nothing of it stays", async () => {
  const cluster = new TestCluster({ home, name: "steps", preset: "gpu", gpuNodes: 1, gpusPerNode: 3 });
  expect(() => cluster.getConfig()).toThrow(expect.objectContaining({ code: "CLUSTER_NOT_FOUND" }));
  await cluster.create();
  expect(await cluster.status()).toMatchObject({ name: "steps", status: "stopped" });
  await cluster.start();
  await cluster.start();
  expect((await cluster.status()).nodes).toMatchObject([{ name: "slurm", state: "idle", gpus: 3 }]);
  const config = cluster.getConfig();
  expect(await answers(config.port ?? 0)).toMatch(/^SSH-2/);
  let lines = 0;
  for await (const { source } of cluster.logs({ source: "slurm", tail: 3 })) if (source === "slurm") lines += 1;
  expect(lines).toBeGreaterThan(0);
  await cluster.stop();
  expect(await cluster.status()).toMatchObject({ status: "stopped" });
  await cluster.start();
  expect(await cluster.status()).toMatchObject({ status: "running" });
  await cluster.destroy();
  await cluster.destroy();
  expect([existsSync(dirname(dirname(config.slurmConf))), processesOf(config), known()]).toEqual([false, [], []]);
});

/** What who listens there says first. */
async function answers(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const [said] = await once(socket, "data");
  socket.destroy();
  return String(said);
}

test("a job ends as its node does, and the node comes back", async () => {
  await using testCluster = await TestCluster.start({ home, preset: "multi-node" });
  await using cluster = Cluster.fromTestCluster(testCluster);
  const node = testCluster.node("compute-0");
  const script = "#!/bin/sh\n#SBATCH --nodelist=compute-0 --no-requeue\nsleep 600\n";
  const job = await cluster.sbatch(script);
  await expect.poll(async () => (await job.status()).state, patience).toBe("running");
  // One after the other, though nobody waits for the first.
  const down = node.down("pulled the plug");
  await Promise.all([down, testCluster.node("compute-1").drain("to be mended")]);
  await expect(job.wait({ timeout: "60s" })).rejects.toBeInstanceOf(JobNodeFailError);
  const drained = (await testCluster.status()).nodes.find(({ name }) => name === "compute-1");
  expect(drained).toMatchObject({ state: "drained", reason: "to be mended" });
  await testCluster.node("compute-1").resume();
  await node.kill();
  await node.restart();
  expect(
    await (await cluster.sbatch("#!/bin/sh\n#SBATCH --nodelist=compute-0\nhostname\n")).wait({ timeout: "60s" }),
  ).toMatchObject({
    state: "completed",
  });
  await expect(testCluster.node("compute-9").down()).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
});

test("those who ask for the same shape share one cluster, which goes with the last of them", async () => {
  await using first = new TestCluster({ home, reuse: true });
  await using second = new TestCluster({ home, reuse: true });
  await Promise.all([first.start(), second.start()]);
  await using other = await TestCluster.start({ home, reuse: true, cpusPerNode: 2 });
  expect(second.name).toBe(first.name);
  expect(other.name).not.toBe(first.name);
  await other.destroy();
  await first.destroy();
  expect(await second.status()).toMatchObject({ status: "running" });
  const config = second.getConfig();
  await second.destroy();
  expect([processesOf(config), known()]).toEqual([[], []]);
});

test("a name and reuse do not go together", () => {
  expect(() => new TestCluster({ reuse: true, name: "mine" })).toThrow(
    expect.objectContaining({ code: "INPUT_INVALID" }),
  );
});

test("a test process that is killed leaves nothing behind, of its own or of what it shared", async () => {
  const program = fileURLToPath(new URL("./fixtures/hold-clusters.ts", import.meta.url));
  const start = async (): Promise<{
    readonly child: ReturnType<typeof spawn>;
    readonly configs: TestClusterConfig[];
  }> => {
    const child = spawn(process.execPath, [program, home], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await once(child.stdout, "data");
    return { child, configs: JSON.parse(String(said)) };
  };
  const [one, other] = await Promise.all([start(), start()]);
  const [own, shared] = one.configs;
  if (own === undefined || shared === undefined) throw new Error("the clusters did not start");
  expect(other.configs[1]?.testCluster).toBe(shared.testCluster);
  one.child.kill("SIGKILL");
  await expect.poll(() => processesOf(own), patience).toEqual([]);
  expect(processesOf(shared)).not.toEqual([]);
  other.child.kill("SIGKILL");
  await expect.poll(() => processesOf(shared), patience).toEqual([]);
  await expect.poll(known, patience).toEqual([]);
  for (const { slurmConf } of [...one.configs, ...other.configs])
    await expect.poll(() => existsSync(dirname(dirname(slurmConf))), patience).toBe(false);
});
