import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { specFromOptions } from "./create-options.ts";

/** The presets as the requirements write them. */
const required = {
  cpu: `
nodes:
  - name: slurm
    role: all-in-one
    cpus: 4
    memory: 4096
    partitions: [debug]

partitions:
  - name: debug
    default: true
    max_time: "1:00:00"
`,
  gpu: `
nodes:
  - name: slurm
    role: all-in-one
    cpus: 4
    memory: 8192
    gpus: 2
    gpu_type: "fake"
    partitions: [debug, gpu]

partitions:
  - name: debug
    default: true
    max_time: "1:00:00"
  - name: gpu
    default: false
    features: [gpu]
`,
  "multi-node": `
nodes:
  - name: controller
    role: controller
    cpus: 2
    memory: 2048

  - name: compute-0
    role: compute
    cpus: 4
    memory: 4096
    partitions: [cpu]

  - name: compute-1
    role: compute
    cpus: 4
    memory: 4096
    partitions: [cpu]

partitions:
  - name: cpu
    default: true
    nodes: [compute-0, compute-1]
`,
  full: `
nodes:
  - name: controller
    role: controller
    cpus: 2
    memory: 2048

  - name: cpu-0
    role: compute
    cpus: 8
    memory: 8192
    partitions: [cpu]

  - name: cpu-1
    role: compute
    cpus: 8
    memory: 8192
    partitions: [cpu]

  - name: gpu-0
    role: compute
    cpus: 8
    memory: 16384
    gpus: 4
    gpu_type: "fake"
    partitions: [gpu]

partitions:
  - name: cpu
    default: true
    nodes: [cpu-0, cpu-1]
  - name: gpu
    default: false
    nodes: [gpu-0]
    features: [gpu]

services:
  registry: true
  pyxis: true
`,
} as const;

describe("presets", () => {
  test.each(Object.entries(required))("%s is what the requirements say, to the letter", (preset, yaml) => {
    const { name: _, ...spec } = specFromOptions({ name: "dev", preset });
    expect(spec).toEqual(parse(yaml));
  });

  test("counts beside no preset give exactly those nodes, numbered through", () => {
    const { nodes, partitions } = specFromOptions({
      name: "dev-cluster",
      cpuNodes: 2,
      gpuNodes: 1,
      gpusPerNode: 4,
      cpusPerNode: 8,
      memoryPerNode: 16_384,
    });
    expect(nodes).toEqual([
      { name: "controller", role: "controller", cpus: 2, memory: 2048 },
      { name: "compute-0", role: "compute", cpus: 8, memory: 16_384, partitions: ["cpu"] },
      { name: "compute-1", role: "compute", cpus: 8, memory: 16_384, partitions: ["cpu"] },
      { name: "compute-2", role: "compute", cpus: 8, memory: 16_384, gpus: 4, gpu_type: "fake", partitions: ["gpu"] },
    ]);
    expect(partitions).toEqual([
      { name: "cpu", default: true, nodes: ["compute-0", "compute-1"] },
      { name: "gpu", default: false, nodes: ["compute-2"], features: ["gpu"] },
    ]);
  });

  test("one CPU node and one GPU node are the requirements' sample of status", () => {
    const { nodes, partitions } = specFromOptions({ name: "slurm-test", cpuNodes: 1, gpuNodes: 1 });
    expect(nodes.map(({ name, cpus, gpus, memory }) => [name, cpus, gpus, memory])).toEqual([
      ["controller", 2, undefined, 2048],
      ["compute-0", 4, undefined, 4096],
      ["compute-1", 4, 2, 4096],
    ]);
    expect(partitions.map((partition) => [partition.name, partition.nodes, partition.default])).toEqual([
      ["cpu", ["compute-0"], true],
      ["gpu", ["compute-1"], false],
    ]);
  });

  test("a cluster of GPU nodes alone has the gpu partition as its default", () => {
    const { partitions } = specFromOptions({ name: "dev", cpuNodes: 0, gpuNodes: 3 });
    expect(partitions.map((partition) => [partition.name, partition.default])).toEqual([["gpu", true]]);
  });
});
