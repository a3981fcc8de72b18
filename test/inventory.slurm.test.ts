import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { NodeList, PartitionList } from "../src/schema/api-inventory.ts";
import { z } from "zod";
import { startBareCluster } from "./bare-cluster.ts";
import { assembleEngine } from "../src/assemble-engine.ts";
import { readConfig } from "../src/config.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWorkspace } from "./sluice.ts";

const never = new AbortController().signal;

test("the command line shows nodes and partitions, to people and to machines, and narrows them", async () => {
  await using workspace = await openWorkspace();
  await workspace.start("seen", "--preset", "full");
  const nodes = await workspace.done("nodes");
  expect(nodes.split("\n")[0]).toMatch(/^CLUSTER +NODE +STATE +PARTITIONS +CPUS +MEMORY +GRES +USED +REASON$/);
  expect(nodes).toMatch(/^seen +gpu-0 +idle +gpu +0\/8 +0\/16G +gpu:fake:4 /m);
  expect(await workspace.done("partitions")).toMatch(
    /^seen +cpu\* +up +unlimited +0\/2\/0\/2 +0\/16\/0\/16 +cpu-\[0-1\]$/m,
  );

  await workspace.done("cluster", "node", "cpu-1", "drain", "--name", "seen", "--reason", "bad disk");
  const drained = z
    .object({ clusters: z.array(NodeList) })
    .parse(JSON.parse(await workspace.done("nodes", "--cluster", "seen", "--state", "drain", "--json")));
  expect(drained.clusters).toMatchObject([
    { cluster: "seen", stale: false, nodes: [{ name: "cpu-1", acceptsJobs: false, reason: { text: "bad disk" } }] },
  ]);
  const partitions = z
    .object({ clusters: z.array(PartitionList) })
    .parse(JSON.parse(await workspace.done("partitions", "--json")));
  expect(partitions.clusters[0]?.partitions[0]).toMatchObject({
    name: "cpu",
    nodeCounts: { allocated: 0, idle: 1, other: 1 },
    cpuCounts: { allocated: 0, idle: 8, other: 8 },
  });
  expect(await workspace.sluice("nodes", "--cluster", "nowhere")).toMatchObject({ exitCode: 4 });
}, 120_000);

test("two thousand readers cost slurmctld one request, and when it is gone they have what it said before", async () => {
  const bare = await startBareCluster();
  const folder = await mkdtemp(join(tmpdir(), "readers-"));
  try {
    await writeFile(join(folder, "sluice.yaml"), `clusters: {bare: {kind: slurm, slurm_conf: ${bare.slurmConf}}}\n`);
    const env = { ...readConfig().environment, SLUICE_HOME: folder, SLURM_CONF: bare.slurmConf };
    await using engine = await assembleEngine(readConfig(env), { cwd: folder });
    const asked = (): number => {
      const text = execFileSync("sdiag", { env, encoding: "utf8" });
      return Number(/REQUEST_NODE_INFO +\(\s*\d+\) count:(\d+)/.exec(text)?.[1] ?? 0);
    };
    const before = asked();
    const read = await Promise.all(Array.from({ length: 2_000 }, () => engine.inventory("bare", never)));
    expect(new Set(read.map(({ asOf }) => asOf)).size).toBe(1);
    expect(asked() - before).toBe(1);

    await bare.kill("slurmctld");
    const later = async (): Promise<boolean> => (await engine.inventory("bare", never)).stale;
    await expect.poll(later, { timeout: 60_000, interval: 200 }).toBe(true);
    expect(await engine.inventory("bare", never)).toMatchObject({ asOf: read[0]?.asOf, nodes: read[0]?.nodes });
  } finally {
    await bare.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
