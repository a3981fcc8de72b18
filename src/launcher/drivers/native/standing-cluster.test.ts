import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterFile } from "../../../schema/cluster-file.ts";
import { writeConfig } from "../../../slurm/config/write-config.ts";
import { specFromOptions } from "../../create-options.ts";
import { nativePaths, type NativePaths } from "./paths.ts";
import { planNativeCluster } from "./plan.ts";
import { gpuCount, readStandingCluster } from "./standing-cluster.ts";

const file: ClusterFile = {
  version: 1,
  driver: "native",
  created: "2026-01-02T03:04:05.678Z",
  slurm: "22.05",
  auth: "munge",
  ports: { slurmctld: 20_000, nodes: { "cpu-0": 20_001, "cpu-1": 20_002, "gpu-0": 20_003 } },
  cluster: specFromOptions({ name: "dev", preset: "full" }),
};

let paths: NativePaths;
let files: Map<string, string>;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "standing-"));
  paths = nativePaths(folder, join(folder, "run"));
  const plan = planNativeCluster(file, paths, { user: "ada", cgroup: "v1" });
  files = new Map(writeConfig(plan).map(({ path, text }) => [path, text]));
});
afterEach(() => rmSync(paths.directory, { recursive: true, force: true }));

function edit(path: string, change: (text: string) => string): void {
  const text = files.get(path) ?? "";
  expect(change(text)).not.toBe(text);
  files.set(path, change(text));
}

function read() {
  mkdirSync(paths.config, { recursive: true });
  for (const [path, text] of files) writeFileSync(join(paths.directory, path), text);
  return readStandingCluster(file, paths);
}

const devices = (node: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => join(paths.devices, node, `gpu${i}`));

describe("a cluster as its files say", () => {
  test("is what was planned as long as nobody edits them", () => {
    expect(read()).toEqual({
      slurmctldPort: 20_000,
      auth: "munge",
      nodes: [
        { name: "cpu-0", port: 20_001, gpus: 0, devices: [] },
        { name: "cpu-1", port: 20_002, gpus: 0, devices: [] },
        { name: "gpu-0", port: 20_003, gpus: 4, devices: devices("gpu-0", 4) },
      ],
    });
  });

  test("has a node that was added, and not one that was taken out", () => {
    edit("config/slurm.conf", (text) =>
      text.replace(/^NodeName=cpu-1 .*$/m, "NodeName=big-[0-1] NodeHostname=localhost Port=[20010-20011] CPUs=2"),
    );
    expect(read().nodes.map(({ name, port }) => [name, port])).toEqual([
      ["cpu-0", 20_001],
      ["big-0", 20_010],
      ["big-1", 20_011],
      ["gpu-0", 20_003],
    ]);
  });

  test("has the GPUs of edited lines, one gres.conf line for several nodes included", () => {
    edit("config/slurm.conf", (text) => text.replace("Gres=gpu:fake:4", "Gres=gpu:fake:1"));
    files.set(
      "config/gres.conf",
      `NodeName=cpu-[0-1],gpu-0 Name=gpu Type=fake File=${paths.devices}/shared/gpu[0-1]\n`,
    );
    expect(read().nodes.map(({ gpus, devices: found }) => [gpus, found])).toEqual([
      [0, devices("shared", 2)],
      [0, devices("shared", 2)],
      [1, devices("shared", 2)],
    ]);
  });

  test("makes only devices below its own folder: others are the user's real ones", () => {
    files.set("config/gres.conf", `Name=gpu File=/dev/nvidia[0-3]\nName=gpu File=${paths.devices}x/gpu0\n`);
    expect(read().nodes.flatMap((node) => node.devices)).toEqual([]);
  });

  test("has no GPUs where gres.conf was deleted", () => {
    files.delete("config/gres.conf");
    expect(read().nodes.map(({ gpus, devices: found }) => [gpus, found.length])).toEqual([
      [0, 0],
      [0, 0],
      [4, 0],
    ]);
  });

  test("has the port and the authentication that were edited", () => {
    edit("config/slurm.conf", (text) =>
      text.replace("SlurmctldPort=20000", "slurmctldport=20100").replace("AuthType=auth/munge", "AuthType=auth/none"),
    );
    expect(read()).toMatchObject({ slurmctldPort: 20_100, auth: "none" });
  });

  test("cannot be read without its slurm.conf", () => {
    files.delete("config/slurm.conf");
    expect(read).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringContaining(`${paths.slurmConf} does not exist`),
      }),
    );
  });
});

test.each([
  [undefined, 0],
  ["", 0],
  ["gpu", 1],
  ["gpu:4", 4],
  ["gpu:fake", 1],
  ["gpu:fake:4", 4],
  ["gpu:a100:2,gpu:h100:3", 5],
  ["craynetwork:4,gpu:a100:1,nic:2", 1],
  ["gpux:4", 0],
])("Gres=%s declares %d GPUs", (gres, count) => expect(gpuCount(gres)).toBe(count));
