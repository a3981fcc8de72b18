import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { ClusterSpec, specLimits } from "../schema/cluster-spec.ts";
import { checkClusterName, specFromOptions, type ShapeOptions } from "./create-options.ts";
import { presetNames } from "./presets.ts";

const shaped = (options: Omit<ShapeOptions, "name">): ClusterSpec => specFromOptions({ name: "dev", ...options });

describe("what the options make", () => {
  test("nothing said makes the cpu preset", () => {
    expect(shaped({})).toEqual(shaped({ preset: "cpu" }));
  });

  test("an explicit option overrides the preset, for every kind of node", () => {
    const { nodes } = shaped({ preset: "full", cpusPerNode: 2, memoryPerNode: 1024, gpusPerNode: 1 });
    expect(nodes.filter(({ role }) => role === "compute")).toEqual([
      { name: "cpu-0", role: "compute", cpus: 2, memory: 1024, partitions: ["cpu"] },
      { name: "cpu-1", role: "compute", cpus: 2, memory: 1024, partitions: ["cpu"] },
      { name: "gpu-0", role: "compute", cpus: 2, memory: 1024, gpus: 1, gpu_type: "fake", partitions: ["gpu"] },
    ]);
  });

  test("a preset of one node stays so with another shape, and becomes a controller and nodes with another count", () => {
    expect(shaped({ preset: "gpu", gpusPerNode: 8 }).nodes.map(({ name, gpus }) => [name, gpus])).toEqual([
      ["slurm", 8],
    ]);
    expect(shaped({ preset: "gpu", gpuNodes: 2 }).nodes.map(({ name, gpus }) => [name, gpus])).toEqual([
      ["controller", undefined],
      ["compute-0", 2],
      ["compute-1", 2],
    ]);
  });

  test("a service that is asked for is added to those of the preset", () => {
    expect(shaped({ preset: "full", withRest: true }).services).toEqual({ registry: true, pyxis: true, rest: true });
    expect(shaped({ preset: "gpu", withRegistry: true }).services).toEqual({ registry: true });
    expect(shaped({})).not.toHaveProperty("services");
  });

  test("--gpu-env reaches the spec, and stays out of it where nothing was said", () => {
    expect(shaped({ preset: "gpu", gpuEnv: "amd" }).gpu_env).toBe("amd");
    expect(shaped({ preset: "gpu" })).not.toHaveProperty("gpu_env");
  });

  test("whatever is accepted is a spec with as many nodes as were asked for", () => {
    const count = fc.option(fc.integer({ min: -1, max: 40 }), { nil: undefined });
    const options = fc.record({
      preset: fc.constantFrom(...presetNames),
      cpuNodes: count,
      gpuNodes: count,
      gpusPerNode: count,
      cpusPerNode: count,
      memoryPerNode: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(options, (given) => {
        const spec = unlessRefused(() => shaped(given));
        fc.pre(spec !== undefined);
        expect(ClusterSpec.parse(spec)).toEqual(spec);
        const gpuNodes = spec.nodes.filter(({ gpus }) => gpus !== undefined);
        const cpuNodes = spec.nodes.filter(({ gpus, role }) => gpus === undefined && role !== "controller");
        expect(gpuNodes).toHaveLength(given.gpuNodes ?? gpuNodes.length);
        expect(cpuNodes).toHaveLength(given.cpuNodes ?? cpuNodes.length);
        for (const { gpus } of gpuNodes) expect(gpus).toBe(given.gpusPerNode ?? gpus);
        for (const { cpus, memory } of [...cpuNodes, ...gpuNodes]) {
          expect(cpus).toBe(given.cpusPerNode ?? cpus);
          expect(memory).toBe(given.memoryPerNode ?? memory);
        }
        expect(new Set(spec.nodes.map(({ name }) => name)).size).toBe(spec.nodes.length);
        expect(spec.partitions.filter((partition) => partition.default === true)).toHaveLength(1);
      }),
    );
  });
});

describe("what is refused", () => {
  const most = specLimits.nodes;
  test.each<[Omit<ShapeOptions, "name">, string]>([
    [{ preset: "tiny" }, '--preset: unknown preset "tiny"; choose one of cpu, gpu, multi-node, full'],
    [{ preset: "" }, '--preset: unknown preset ""; choose one of cpu, gpu, multi-node, full'],
    [{ cpuNodes: 0 }, "--cpu-nodes: a cluster needs a node to run jobs on; ask for at least one CPU or GPU node"],
    [{ cpuNodes: -1 }, "--cpu-nodes: -1 is out of range; it takes a whole number from 0 to 128"],
    [{ cpuNodes: 1.5 }, "--cpu-nodes: 1.5 is out of range; it takes a whole number from 0 to 128"],
    [{ cpuNodes: most + 1 }, "--cpu-nodes: 129 is out of range; it takes a whole number from 0 to 128"],
    [{ gpuNodes: -2 }, "--gpu-nodes: -2 is out of range; it takes a whole number from 0 to 128"],
    [{ gpuNodes: 1e9 }, "--gpu-nodes: 1000000000 is out of range; it takes a whole number from 0 to 128"],
    [
      { cpuNodes: most, gpuNodes: 1 },
      "--cpu-nodes: 129 nodes are more than the 128 that one machine is asked to carry",
    ],
    [{ cpusPerNode: 0 }, "--cpus-per-node: 0 is out of range; it takes a whole number from 1 to 1024"],
    [{ cpusPerNode: 1025 }, "--cpus-per-node: 1025 is out of range; it takes a whole number from 1 to 1024"],
    [{ memoryPerNode: 63 }, "--memory-per-node: 63 MB is out of range; it takes a whole number from 64 to 16777216 MB"],
    [
      { memoryPerNode: Number.NaN },
      "--memory-per-node: NaN MB is out of range; it takes a whole number from 64 to 16777216 MB",
    ],
    [{ preset: "gpu", gpusPerNode: 0 }, "--gpus-per-node: 0 is out of range; it takes a whole number from 1 to 64"],
    [{ preset: "gpu", gpusPerNode: 65 }, "--gpus-per-node: 65 is out of range; it takes a whole number from 1 to 64"],
    [
      { gpusPerNode: 2 },
      "--gpus-per-node: 2 GPUs per node, but the cluster has no GPU nodes; add --gpu-nodes 1 or --preset gpu",
    ],
    [
      { preset: "full", gpuNodes: 0, gpusPerNode: 2 },
      "--gpus-per-node: 2 GPUs per node, but the cluster has no GPU nodes; add --gpu-nodes 1 or --preset gpu",
    ],
    [{ gpuEnv: "nvidia" }, "--gpu-env: the cluster has no GPU nodes; add --gpu-nodes 1 or --preset gpu"],
  ])("%j", (options, message) => {
    const field = message.split(":")[0];
    expect(() => shaped(options)).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID", message, details: { field } }),
    );
  });

  const letters = "takes letters, digits, and inner hyphens, dots and underscores";
  test.each([
    ["", letters],
    ["a/b", letters],
    ["..", letters],
    [".dev", letters],
    ["-dev", letters],
    ["dev-", letters],
    ["dev cluster", letters],
    ["dev\n", letters],
    ["dév", letters],
    ["$(id)", letters],
    ["a".repeat(41), "takes at most 40 characters"],
  ])("the name %j", (name, rule) => {
    expect(() => specFromOptions({ name })).toThrow(
      expect.objectContaining({
        code: "INPUT_INVALID",
        message: `--name: "${name}" cannot be a cluster's name: it ${rule}`,
      }),
    );
  });

  test("a name of 200 characters, which is not repeated in full", () => {
    const start = "x".repeat(57);
    expect(() => checkClusterName("x".repeat(200))).toThrow(
      `--name: "${start}…" cannot be a cluster's name: it takes at most 40 characters`,
    );
  });

  test.each(["a", "7", "slurm-test", "A.b_c-9", "a".repeat(40)])("but not the name %j", (name) => {
    expect(specFromOptions({ name }).name).toBe(name);
  });
});

/** What `act` makes, or `undefined` where it refuses; any other error than a refusal is thrown. */
function unlessRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
}
