import type { ClusterPlan, PlannedNode, PlannedPartition, SlurmRelease } from "../src/schema/cluster-plan.ts";

export const presetNames = ["cpu", "gpu", "multi-node", "full"] as const;
export type PresetName = (typeof presetNames)[number];

interface Place {
  readonly dir: string;
  /** slurmctld's; the nodes take the ones that follow. */
  readonly firstPort: number;
  readonly user: string;
}

/** The clusters of the four presets, planned for one host, so that what is written for them can be tested and started. */
export function presetPlan(
  preset: PresetName,
  release: SlurmRelease,
  { dir, firstPort, user }: Place = { dir: "/srv/sluice", firstPort: 20_000, user: "slurm" },
): ClusterPlan {
  const { nodes, partitions, ...services } = presets[preset];
  return {
    name: preset,
    release,
    controller: { hostname: "localhost", address: "127.0.0.1", port: firstPort },
    nodes: nodes.map(({ gpus = 0, ...node }, i): PlannedNode => ({
      ...node,
      hostname: "localhost",
      address: "127.0.0.1",
      port: firstPort + 1 + i,
      features: gpus > 0 ? ["gpu"] : [],
      ...(gpus > 0 && {
        gpus: { type: "fake", devices: Array.from({ length: gpus }, (_, gpu) => `${dir}/devices/gpu${gpu}`) },
      }),
    })),
    partitions,
    gpuEnv: "none",
    auth: { type: "munge", socket: `${dir}/munge/socket` },
    users: { slurm: user, slurmd: user === "slurm" ? "root" : user },
    paths: {
      state: `${dir}/state`,
      slurmdSpool: `${dir}/spool/%n`,
      slurmctldLog: `${dir}/log/slurmctld.log`,
      slurmdLog: `${dir}/log/slurmd-%n.log`,
      slurmctldPid: `${dir}/run/slurmctld.pid`,
      slurmdPid: `${dir}/run/slurmd-%n.pid`,
      plugstack: `${dir}/config/plugstack.conf`,
    },
    cgroup: "v1",
    ...services,
  };
}

interface Preset extends Pick<ClusterPlan, "pyxis"> {
  readonly nodes: readonly {
    readonly name: string;
    readonly cpus: number;
    readonly memoryMb: number;
    readonly gpus?: number;
  }[];
  readonly partitions: readonly PlannedPartition[];
}

const presets: Readonly<Record<PresetName, Preset>> = {
  cpu: {
    nodes: [{ name: "slurm", cpus: 4, memoryMb: 4096 }],
    partitions: [{ name: "debug", nodes: ["slurm"], isDefault: true, maxTime: "1:00:00" }],
  },
  gpu: {
    nodes: [{ name: "slurm", cpus: 4, memoryMb: 8192, gpus: 2 }],
    partitions: [
      { name: "debug", nodes: ["slurm"], isDefault: true, maxTime: "1:00:00" },
      { name: "gpu", nodes: ["slurm"], isDefault: false },
    ],
  },
  "multi-node": {
    nodes: [
      { name: "compute-0", cpus: 4, memoryMb: 4096 },
      { name: "compute-1", cpus: 4, memoryMb: 4096 },
    ],
    partitions: [{ name: "cpu", nodes: ["compute-0", "compute-1"], isDefault: true }],
  },
  full: {
    nodes: [
      { name: "cpu-0", cpus: 8, memoryMb: 8192 },
      { name: "cpu-1", cpus: 8, memoryMb: 8192 },
      { name: "gpu-0", cpus: 8, memoryMb: 16_384, gpus: 4 },
    ],
    partitions: [
      { name: "cpu", nodes: ["cpu-0", "cpu-1"], isDefault: true },
      { name: "gpu", nodes: ["gpu-0"], isDefault: false },
    ],
    pyxis: { plugin: "/usr/lib/slurm/spank_pyxis.so" },
  },
};
