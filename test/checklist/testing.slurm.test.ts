import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { Cluster, task } from "../../src/sdk/index.ts";
import {
  createSlurmfile,
  defaultTestConfig,
  gpuTestConfig,
  LocalBackend,
  MockBackend,
  mockCluster,
  TestCluster,
} from "../../src/testing/index.ts";
import { expect, test } from "../../src/testing/vitest.ts";

/** The clusters of these tests are in a registry of their own. At the top level it would be made in every job, too. */
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "sl-testing-"));
  vi.stubEnv("SLUICE_HOME", home);
});
// Clusters of fixtures go after this, and the last of them takes the folder along.
afterAll(() => {
  const others = readdirSync(home).filter((name) => name !== "clusters");
  for (const name of others) rmSync(join(home, name), { recursive: true, force: true });
});

const where = task({ cpusPerTask: 4, time: "5m" }, function where(greeting: string) {
  return `${greeting} from ${process.env["SLURMD_NODENAME"] ?? "nowhere"} on ${process.env["SLURM_CPUS_PER_TASK"]}`;
});
const gpus = task({ gpus: 2 }, function gpus() {
  return [process.env["SLURM_GPUS_ON_NODE"], process.env["SLURM_JOB_GPUS"]];
});
const patience = { timeout: "60s" } as const;

describe("a test cluster", () => {
  let testCluster: TestCluster;
  beforeAll(async () => {
    testCluster = new TestCluster({ name: "checklist", preset: "gpu", gpuNodes: 1, gpusPerNode: 3 });
    await testCluster.create();
    await testCluster.start();
  });
  afterAll(() => testCluster.destroy());

  test("item 62: is made as it was asked for, by create and start, and goes by stop and destroy", async () => {
    expect(await testCluster.status()).toMatchObject({ name: "checklist", nodes: [{ name: "slurm", gpus: 3 }] });
    await testCluster.stop();
    expect(await testCluster.status()).toMatchObject({ status: "stopped" });
    await testCluster.start();
    expect(await testCluster.status()).toMatchObject({ status: "running" });
  });

  test("item 63: getConfig() says how it is reached, and Cluster.fromConfig gets there, by name and over ssh", async () => {
    const config = testCluster.getConfig();
    expect(config).toMatchObject({ hostname: "localhost", port: expect.any(Number) });
    await using cluster = Cluster.fromConfig(config);
    expect(await (await cluster.submit(where)("hello")).wait(patience)).toBe("hello from slurm on 4");
    const { hostname, port, username, identityFile } = config;
    const sshOptions = { UserKnownHostsFile: join(home, "known_hosts"), StrictHostKeyChecking: "accept-new" };
    const folder = { jobBaseDir: join(dirname(dirname(config.slurmConf)), "over-ssh") };
    await using remote = Cluster.fromConfig({ hostname, port, username, identityFile, sshOptions, home, ...folder });
    expect(await (await remote.submit(where)("hello")).wait(patience)).toBe("hello from slurm on 4");
  });

  test("item 65: Cluster.fromTestCluster takes it", async () => {
    await using cluster = Cluster.fromTestCluster(testCluster);
    expect(await (await cluster.submit(where)("hi")).wait(patience)).toBe("hi from slurm on 4");
  });

  test("item 64: goes at the end of its block, also where that throws", async () => {
    let folder = "";
    const block = async (): Promise<void> => {
      await using inner = await TestCluster.start();
      folder = dirname(dirname(inner.getConfig().slurmConf));
      expect(existsSync(folder)).toBe(true);
      throw new Error("thrown in the block");
    };
    await expect(block()).rejects.toThrow("thrown in the block");
    expect(existsSync(folder)).toBe(false);
  });

  test("item 66: Cluster.forTesting makes one of a preset, which goes when it is closed", async () => {
    const cluster = Cluster.forTesting({ preset: "cpu" });
    expect(await (await cluster.submit(where)("hey")).wait(patience)).toBe("hey from slurm on 4");
    const name = await cluster.name();
    await cluster.close();
    expect(existsSync(join(home, "clusters", `${name}.json`))).toBe(false);
  });
});

describe("fixtures", () => {
  test("item 67: slurmCluster is one node with CPUs", async ({ slurmCluster }) => {
    const { nodes } = await slurmCluster.testCluster.status();
    expect(nodes).toMatchObject([{ name: "slurm", cpus: 4, gpus: 0 }]);
    expect(await (await slurmCluster.submit(where)("hello")).wait()).toBe("hello from slurm on 4");
  });

  test("item 67: slurmClusterGpu is one node with GPUs", async ({ slurmClusterGpu }) => {
    expect((await slurmClusterGpu.testCluster.status()).nodes).toMatchObject([{ name: "slurm", gpus: 2 }]);
  });

  test("item 61: a task that asks for GPUs gets them", async ({ slurmClusterGpu }) => {
    expect(await (await slurmClusterGpu.submit(gpus)()).wait()).toEqual(["2", "0,1"]);
  });

  test("item 67: slurmClusterMulti and slurmClusterFull are several nodes", async ({
    slurmClusterMulti,
    slurmClusterFull,
  }) => {
    const names = async ({ testCluster }: typeof slurmClusterMulti): Promise<readonly string[]> =>
      (await testCluster.status()).nodes.map(({ name }) => name);
    expect(await names(slurmClusterMulti)).toEqual(["controller", "compute-0", "compute-1"]);
    expect(await names(slurmClusterFull)).toEqual(["controller", "cpu-0", "cpu-1", "gpu-0"]);
  });

  test("item 67: slurmRegistry is the URL of a registry of images", async ({ slurmRegistry }) => {
    expect(slurmRegistry).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await fetch(`${slurmRegistry}/v2/`)).status).toBe(200);
  });

  test("item 67: slurmClusterConfig is a configuration", ({ slurmClusterConfig }) => {
    expect(slurmClusterConfig).toEqual(defaultTestConfig());
  });
});

describe("without Slurm", () => {
  test("item 70: jobs of a mock are mock-1, mock-2, …, nothing is executed, and the script is the one that would run", async () => {
    await using cluster = mockCluster({ outcomes: [{ task: "where", returns: "said" }] });
    const job = await cluster.submit(where)("hello");
    expect([job.id, job.nativeId]).toEqual(["mock-1", "mock-1"]);
    expect((await cluster.submit(where)("hello")).nativeId).toBe("mock-2");
    expect(job.script).toContain("#!/bin/sh");
    expect(job.script).toContain("#SBATCH --cpus-per-task=4");
    expect(cluster.submissions.map(({ script }) => script)).toEqual([job.script, job.script]);
    expect(await job.wait()).toBe("said");
    expect(await mockCluster(async (other) => (await other.submit(where)("hello")).nativeId)).toBe("mock-1");
  });

  test("item 71: a MockBackend executes nothing, and a LocalBackend really does", async () => {
    await using mock = new Cluster(new MockBackend());
    expect(await (await mock.submit(where)("hello")).wait()).toBeUndefined();
    await using local = new Cluster(new LocalBackend());
    const job = await local.submit(where, { gpus: 2, nodes: 3 })("hello");
    expect(await job.wait(patience)).toMatch(/^hello from \S+ on 4$/);
  });

  test("item 72: configurations of test clusters are there to be had", () => {
    expect(defaultTestConfig()).toEqual({ testing: { preset: "cpu" } });
    expect(gpuTestConfig({ gpus: 4 })).toEqual({ testing: { preset: "gpu", gpusPerNode: 4 } });
  });

  test("item 73: createSlurmfile gives a file that Cluster.fromSlurmfile takes, and that goes", async () => {
    let path = "";
    {
      using slurmfile = createSlurmfile({ ...gpuTestConfig({ gpus: 4 }), submit: { time: "2m" } });
      ({ path } = slurmfile);
      await using cluster = Cluster.fromSlurmfile(path);
      const script = "#!/bin/sh\n#SBATCH --gpus=4\necho $SLURM_JOB_GPUS\n";
      const job = await cluster.sbatch(script);
      await job.wait(patience);
      expect(await job.stdout()).toBe("0,1,2,3\n");
    }
    expect(existsSync(dirname(path))).toBe(false);
  });
});

describe("Cluster.fromEnv", () => {
  const folder = mkdtempSync(join(tmpdir(), "sl-env-"));
  const before = process.cwd();
  let near: TestCluster;
  beforeAll(async () => {
    near = new TestCluster({ name: "near", outputDirectory: join(folder, ".slurm-cluster") });
    process.chdir(folder);
  });
  afterAll(async () => {
    process.chdir(before);
    await near.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  test("item 74: takes the cluster of SLURM_TEST_CLUSTER, else the nearest one, else the Slurmfile", async () => {
    writeFileSync("Slurmfile.toml", '[default.cluster]\nbackend = "process"\nname = "of-the-file"\n');
    expect(Cluster.fromEnv().description).toBe('cluster "of-the-file"');
    await near.create();
    expect(Cluster.fromEnv().description).toBe('test cluster "near"');
    vi.stubEnv("SLURM_TEST_CLUSTER", "named");
    expect(Cluster.fromEnv().description).toBe('test cluster "named"');
  });

  test("item 75: an argument counts before all of these", () => {
    expect(Cluster.fromEnv("./Slurmfile.toml").description).toBe('cluster "of-the-file"');
    vi.stubEnv("SLURMFILE", join(folder, "Slurmfile.toml"));
    expect(Cluster.fromEnv("default").description).toBe('cluster "of-the-file"');
  });
});
