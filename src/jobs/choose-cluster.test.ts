import { expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { unasked } from "./unasked-cluster.contract.ts";
import { chooseCluster, type ClusterSources, type TestClusterLocation } from "./choose-cluster.ts";

function clusterOf(name: string, kind = "slurm"): Cluster {
  return {
    kind,
    name,
    capabilities: new Set(),
    ...unasked,
  };
}

interface World {
  readonly test?: readonly string[];
  readonly stopped?: readonly string[];
  readonly nearest?: string;
  readonly yaml?: string;
  readonly slurm?: boolean;
}

function sources({ test: known = [], stopped = [], nearest, yaml, slurm = false }: World): ClusterSources {
  return {
    async locateTestCluster({ name = nearest }): Promise<TestClusterLocation | undefined> {
      if (name === undefined || ![...known, ...stopped].includes(name)) return undefined;
      return { name, directory: `/${name}`, slurmConf: `/${name}/slurm.conf`, running: !stopped.includes(name) };
    },
    configured: async (name) => (yaml !== undefined && (name ?? yaml) === yaml ? clusterOf(yaml) : undefined),
    testCluster: ({ name }) => clusterOf(name),
    localSlurm: async () => (slurm ? clusterOf("here") : undefined),
    process: () => clusterOf("this machine", "process"),
  };
}

const everything: World = { test: ["a", "b", "near"], nearest: "near", yaml: "site", slurm: true };

test.for([
  ["the one that is named comes first", everything, { name: "a", testCluster: "b" }, "a"],
  ["then SLURM_TEST_CLUSTER", everything, { testCluster: "b" }, "b"],
  ["then the nearest test cluster", everything, {}, "near"],
  ["then sluice.yaml", { yaml: "site", slurm: true }, {}, "site"],
  ["then the Slurm of this host", { slurm: true }, {}, "here"],
  ["and at last this machine", {}, {}, "this machine"],
  ["a name may be one of sluice.yaml", { yaml: "site" }, { name: "site" }, "site"],
  ["process can be asked for by name", { slurm: true }, { name: "process" }, "this machine"],
] as const)("%s", async ([, world, asked, expected]) => {
  const { cluster } = await chooseCluster(sources(world), { cwd: "/", ...asked });
  expect(cluster.name).toBe(expected);
});

test("a name that nobody knows is an error, wherever it was given", async () => {
  for (const asked of [{ name: "x" }, { testCluster: "x" }]) {
    await expect(chooseCluster(sources(everything), { cwd: "/", ...asked })).rejects.toMatchObject({
      code: "CLUSTER_NOT_FOUND",
    });
  }
});

test("a stopped test cluster is an error, and its jobs go nowhere else", async () => {
  const world = { stopped: ["near"], nearest: "near", slurm: true };
  await expect(chooseCluster(sources(world), { cwd: "/" })).rejects.toMatchObject({ code: "CLUSTER_NOT_RUNNING" });
});
