import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../bench/bare-cluster.sh", import.meta.url));

declare module "vitest" {
  interface ProvidedContext {
    /** slurm.conf of a real cluster (cpu-0, cpu-1: 8 CPUs, 8192 MB; gpu-0: 4 GPUs) that no launcher code made. */
    slurmConf: string;
  }
}

/** One plain real cluster for all oracle tests. Fails, never skips, where Slurm is missing. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), "bare-"));
  const env = { ...process.env, BARE_PORT: String(await freePortRun(4)) };
  await run(script, ["start", dir], { env }).catch((error: unknown) => {
    throw new Error("These tests need Slurm on this machine; `npm test` installs it on Debian and Ubuntu as root.", {
      cause: error,
    });
  });
  project.provide("slurmConf", join(dir, "config", "slurm.conf"));
  return async () => {
    await run(script, ["stop", dir], { env });
    await rm(dir, { recursive: true, force: true });
  };
}

/** The first of `count` consecutive free ports below the range that the kernel hands out by itself. */
export async function freePortRun(count: number): Promise<number> {
  for (let first = 24_000 + (process.pid % 500) * 8; first < 32_000; first += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(first + i)));
    if (free.every(Boolean)) return first;
  }
  throw new Error("no run of free ports below 32000");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
