import { expect, test } from "vitest";
import type { ClusterFile } from "../../../schema/cluster-file.ts";
import { specFromOptions } from "../../create-options.ts";
import { nativePaths } from "./paths.ts";
import { planNativeCluster } from "./plan.ts";

const paths = nativePaths("/w/dev", "/tmp/sluice0-12345678");
const full: ClusterFile = {
  version: 1,
  driver: "native",
  created: "2026-01-02T03:04:05.678Z",
  slurm: "22.05",
  auth: "munge",
  ports: { ssh: 2222, slurmctld: 20_000, nodes: { "cpu-0": 20_001, "cpu-1": 20_002, "gpu-0": 20_003 } },
  cluster: specFromOptions({ name: "dev", preset: "full" }),
};
const plan = (file: Partial<ClusterFile> = {}) =>
  planNativeCluster({ ...full, ...file }, paths, { user: "ada", cgroup: "v1" });

test("every slurmd is on loopback under its own port, and the controller is none of them", () => {
  expect(plan().controller).toEqual({ hostname: "localhost", address: "127.0.0.1", port: 20_000 });
  expect(plan().nodes.map(({ name, hostname, address, port }) => [name, hostname, address, port])).toEqual([
    ["cpu-0", "localhost", "127.0.0.1", 20_001],
    ["cpu-1", "localhost", "127.0.0.1", 20_002],
    ["gpu-0", "localhost", "127.0.0.1", 20_003],
  ]);
});

test("a node with GPUs has one device each, of its own", () => {
  expect(plan().nodes.map(({ gpus }) => gpus)).toEqual([
    undefined,
    undefined,
    { type: "fake", devices: [0, 1, 2, 3].map((i) => `/tmp/sluice0-12345678/devices/gpu-0/gpu${i}`) },
  ]);
});

test("features of a partition become those of its nodes, each once", () => {
  expect(plan().nodes.map(({ features }) => features)).toEqual([[], [], ["gpu"]]);
  const cluster = structuredClone(full.cluster);
  cluster.nodes[3] = {
    name: "gpu-0",
    role: "compute",
    cpus: 8,
    memory: 64,
    features: ["big", "gpu"],
    partitions: ["gpu"],
  };
  expect(plan({ cluster }).nodes[2]?.features).toEqual(["big", "gpu"]);
});

test("partitions have the nodes that they list and the nodes that list them", () => {
  const single = plan({
    cluster: specFromOptions({ name: "dev", preset: "gpu" }),
    ports: { slurmctld: 20_000, nodes: { slurm: 20_001 } },
  });
  expect(single.partitions).toEqual([
    { name: "debug", nodes: ["slurm"], isDefault: true, maxTime: "1:00:00" },
    { name: "gpu", nodes: ["slurm"], isDefault: false },
  ]);
  expect(plan().partitions).toEqual([
    { name: "cpu", nodes: ["cpu-0", "cpu-1"], isDefault: true },
    { name: "gpu", nodes: ["gpu-0"], isDefault: false },
  ]);
});

test("daemons run as the user who makes the cluster, with munge's socket of this cluster or without munge", () => {
  expect(plan().users).toEqual({ slurm: "ada", slurmd: "ada" });
  expect(plan().auth).toEqual({ type: "munge", socket: "/tmp/sluice0-12345678/munge.sock" });
  expect(plan({ auth: "none" }).auth).toEqual({ type: "none" });
});

test("there is accounting where there is a port for it", () => {
  expect(plan()).not.toHaveProperty("accounting");
  const ports = { ...full.ports, slurmdbd: 20_004, mariadb: 20_005 };
  expect(plan({ ports }).accounting).toEqual({ host: "localhost", port: 20_004 });
});

test("a release that nothing is known of is refused", () => {
  expect(() => plan({ slurm: "21.08" })).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      message: 'slurm: "21.08" is not a release that configuration can be written for',
    }),
  );
});
