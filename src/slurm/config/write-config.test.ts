import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { presetNames, presetPlan } from "../../../test/preset-plans.ts";
import { slurmReleases, type ClusterPlan } from "../../schema/cluster-plan.ts";
import { writeConfig } from "./write-config.ts";

describe.each(slurmReleases)("for Slurm %s", (release) => {
  test.each(presetNames)("the files of preset %s are the golden ones", async (preset) => {
    for (const { path, text } of writeConfig(presetPlan(preset, release))) {
      await expect(text).toMatchFileSnapshot(`fixtures/${release}/${preset}/${basename(path)}`);
    }
  });

  test("a cluster with all services has the golden slurm.conf", async () => {
    const plan: ClusterPlan = {
      ...presetPlan("full", release),
      accounting: { host: "127.0.0.1", port: 20_010 },
      jwtKey: "/srv/sluice/jwt.key",
    };
    await expect(fileOf(plan, "slurm.conf")).toMatchFileSnapshot(`fixtures/${release}/services/slurm.conf`);
  });

  test("every line is in plain ASCII and ends", () => {
    for (const preset of presetNames) {
      for (const { text } of writeConfig(presetPlan(preset, release))) expect(text).toMatch(/^([\x20-\x7e]*\n)+$/);
    }
  });
});

describe("which files there are", () => {
  test("gres.conf only with GPUs, plugstack.conf only with Pyxis", () => {
    const pathsOf = (preset: (typeof presetNames)[number]) =>
      writeConfig(presetPlan(preset, "22.05")).map((file) => file.path);
    expect(pathsOf("cpu")).toEqual(["config/slurm.conf", "config/cgroup.conf"]);
    expect(pathsOf("gpu")).toEqual(["config/slurm.conf", "config/cgroup.conf", "config/gres.conf"]);
    expect(pathsOf("full")).toEqual([
      "config/slurm.conf",
      "config/cgroup.conf",
      "config/gres.conf",
      "config/plugstack.conf",
    ]);
  });
});

describe("slurm.conf", () => {
  test("auth/none needs no socket anywhere, with accounting neither", () => {
    const text = fileOf(
      { ...presetPlan("gpu", "22.05"), auth: { type: "none" }, accounting: { host: "127.0.0.1", port: 6819 } },
      "slurm.conf",
    );
    expect(text).toContain("AuthType=auth/none\nCredType=cred/none\n");
    expect(text).toContain("AccountingStorageType=accounting_storage/slurmdbd\n");
    expect(text).not.toMatch(/munge|AuthInfo|AccountingStoragePass/);
  });

  test("DefMemPerCPU lets a job have all CPUs of the smallest node", () => {
    const plan = presetPlan("full", "22.05");
    const [first, ...others] = plan.nodes;
    if (first === undefined) throw new Error("the preset has no nodes");
    const nodes = [{ ...first, cpus: 1000, memoryMb: 64 }, ...others];
    expect(fileOf({ ...plan, nodes }, "slurm.conf")).toContain("\nDefMemPerCPU=1\n");
    expect(fileOf(plan, "slurm.conf")).toContain("\nDefMemPerCPU=1024\n");
  });

  test.each(["/tmp/%h/spool/%n", "/tmp/%n/spool/%n"])(
    "a slurmd path in which Slurm would replace more than the node's name is refused: %s",
    (slurmdSpool) => {
      const plan = presetPlan("cpu", "22.05");
      expect(() => writeConfig({ ...plan, paths: { ...plan.paths, slurmdSpool } })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining("SlurmdSpoolDir") }),
      );
    },
  );

  test("a munge socket with a comma is refused, as AuthInfo is a list", () => {
    const auth = { type: "munge", socket: "/tmp/a,b/socket" } as const;
    expect(() => writeConfig({ ...presetPlan("cpu", "22.05"), auth })).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringContaining('AuthInfo cannot be "/tmp/a,b/socket"'),
      }),
    );
  });
});

describe("gres.conf", () => {
  test.each([
    ["none", "no_gpu_env"],
    ["nvidia", "nvidia_gpu_env"],
    ["amd", "amd_gpu_env"],
  ] as const)("GPU environment %s is the flag %s", (gpuEnv, flag) => {
    expect(fileOf({ ...presetPlan("gpu", "25.11"), gpuEnv }, "gres.conf")).toContain(`Flags=${flag}\n`);
  });

  test.each([
    [["/d/gpu0"], "/d/gpu0"],
    [["/d/gpu0", "/d/gpu1"], "/d/gpu[0-1]"],
    [["/d/gpu8", "/d/gpu9", "/d/gpu10"], "/d/gpu[8-10]"],
    [["/d/gpu0", "/d/gpu2"], "/d/gpu0,/d/gpu2"],
    [["/d/gpu00", "/d/gpu01"], "/d/gpu00,/d/gpu01"],
    [["/d/a0", "/d/b1"], "/d/a0,/d/b1"],
  ])("the devices %j are written %s", (devices, written) => {
    expect(fileOf(planWithDevices(devices), "gres.conf")).toContain(` File=${written} `);
  });

  test.each(["/d e/gpu0", "/d[1]/gpu0", "/d,e/gpu0"])(
    "a device that Slurm would read as a list is refused: %s",
    (device) => {
      expect(() => writeConfig(planWithDevices([device]))).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          message: expect.stringContaining(`gres.conf File cannot be "${device}"`),
        }),
      );
    },
  );
});

describe("cgroup.conf", () => {
  test.each(slurmReleases.slice(0, slurmReleases.indexOf("24.05")))(
    "cgroups cannot be disabled on %s, and the error says why",
    (release) => {
      expect(() => writeConfig({ ...presetPlan("cpu", release), cgroup: "disabled" })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(/from 24\.05 on/) }),
      );
    },
  );

  test.each(slurmReleases.slice(slurmReleases.indexOf("24.05")))("cgroups can be disabled on %s", (release) => {
    expect(fileOf({ ...presetPlan("cpu", release), cgroup: "disabled" }, "cgroup.conf")).toContain(
      "CgroupPlugin=disabled\n",
    );
  });

  test.each(slurmReleases)("cgroup v2 asks no systemd on %s", (release) => {
    const text = fileOf({ ...presetPlan("cpu", release), cgroup: "v2" }, "cgroup.conf");
    expect(text).toContain("CgroupPlugin=cgroup/v2\n");
    expect(text).toContain("IgnoreSystemd=yes\n");
  });
});

test("plugstack.conf cannot hold a plugin whose path has a blank", () => {
  expect(() => writeConfig({ ...presetPlan("full", "22.05"), pyxis: { plugin: "/opt/a b.so" } })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID" }),
  );
});

function fileOf(plan: ClusterPlan, name: string): string {
  const file = writeConfig(plan).find(({ path }) => path === `config/${name}`);
  if (file === undefined) throw new Error(`no ${name} was written`);
  return file.text;
}

function planWithDevices(devices: readonly string[]): ClusterPlan {
  const plan = presetPlan("gpu", "22.05");
  return { ...plan, nodes: plan.nodes.map((node) => ({ ...node, gpus: { type: "fake", devices } })) };
}
