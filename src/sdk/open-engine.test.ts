import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Cluster } from "./cluster.ts";

const home = mkdtempSync(join(tmpdir(), "sdk-home-"));
const patience = { timeout: "60s" } as const;
const script = "#!/bin/sh\necho hello\n";

beforeAll(() => void vi.stubEnv("SLUICE_HOME", home));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

test("an engine in this process is opened for settings as in sluice.yaml", async () => {
  await using cluster = Cluster.fromConfig({ kind: "mock", name: "made-up" });
  expect(await cluster.name()).toMatch(/^made-up-[0-9a-f]{8}$/);
  const job = await cluster.sbatch(script, { name: "hello" });
  expect(await job.wait(patience)).toMatchObject({ state: "completed", exitCode: 0 });
});

test("clusters of one name with different settings are not taken for one", async () => {
  await using one = Cluster.fromConfig({ backend: "process", name: "dev", jobBaseDir: join(home, "one") });
  await using other = Cluster.fromConfig({ backend: "process", name: "dev", jobBaseDir: join(home, "other") });
  expect(await one.name()).not.toBe(await other.name());
  const jobs = await Promise.all([one.sbatch(script), other.sbatch(script)]);
  for (const job of jobs) await job.wait(patience);
  expect(jobs.map(({ directory }) => directory?.startsWith(join(home, "one")))).toEqual([true, false]);
});

test("settings that are wrong are said by their field", async () => {
  await using cluster = Cluster.fromConfig({ kind: "slurm", slurm_conf: "slurm.conf" });
  await expect(cluster.name()).rejects.toMatchObject({ code: "CONFIG_INVALID", details: { field: "slurm_conf" } });
});

test("a test cluster that there is not is said with what makes it", async () => {
  await using cluster = Cluster.fromTestCluster("gone");
  await expect(cluster.name()).rejects.toMatchObject({
    code: "CLUSTER_NOT_FOUND",
    message: 'there is no test cluster "gone" here; make it: sluice cluster create --start --name gone',
  });
});

test("a cluster that sluice knows by its own settings is reached by its name", async () => {
  await using cluster = Cluster.fromEnv("process");
  const job = await cluster.sbatch(script);
  await job.wait(patience);
  expect(await job.stdout()).toBe("hello\n");
});
