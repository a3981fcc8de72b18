import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { DoctorReport } from "../doctor/report.ts";

const run = promisify(execFile);
const main = fileURLToPath(new URL("./main.ts", import.meta.url));

test("a machine with Slurm is found able to run a cluster, and left as it was", async () => {
  const folder = await mkdtemp(join(tmpdir(), "doctor-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const env = { ...process.env, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: "1" };
  const { stdout } = await run(process.execPath, [main, "doctor", "--json"], { env });
  const { nativeCluster, checks } = DoctorReport.parse(JSON.parse(stdout));
  expect(nativeCluster).toBe(true);
  const status = (id: string): string | undefined => checks.find((check) => check.id === id)?.status;
  for (const id of ["slurm.version", "slurm.slurmd", "slurmd.several", "slurmd.gpus", "munge"]) {
    expect([id, status(id)]).toEqual([id, "ok"]);
  }
  expect(await readdir(folder)).toEqual([]);
});

test("the table ends with the verdict", async () => {
  const { stdout } = await run(process.execPath, [main, "doctor"]);
  expect(stdout).toMatch(/^ok {7}slurmctld +\/\S+\/slurmctld /m);
  expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^A native test cluster can run here/);
});
