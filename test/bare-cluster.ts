import { execFile, spawn } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readProcess } from "../src/launcher/drivers/native/processes.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../bench/bare-cluster.sh", import.meta.url));

export type SlurmDaemon = "slurmctld" | "slurmd-cpu-0" | "slurmd-cpu-1" | "slurmd-gpu-0";

/** A real cluster of a test's own, whose daemons it may stop and kill. */
export interface BareCluster {
  readonly slurmConf: string;
  /** Starts one daemon again, after `kill`. */
  restart(daemon: SlurmDaemon): Promise<void>;
  /** Ends one daemon as its service would; resolves when it is gone. */
  end(daemon: SlurmDaemon): Promise<void>;
  /** Kills one daemon as a crash would. */
  kill(daemon: SlurmDaemon): Promise<void>;
  /** Suspends or continues one daemon: it keeps its port and answers nothing. */
  signal(daemon: SlurmDaemon, signal: "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** Has slurmctld ask the nodes what they run: a job that got lost between them at a restart is queued again. */
  lookAfterJobs(): Promise<void>;
  /** Has slurmctld begin anew without all that it knew; resolves when it takes jobs again. */
  loseState(): Promise<void>;
  /** Resolves when slurmctld has written down all that it knows now: it writes again every few seconds. */
  stateSaved(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one with lines added to its slurm.conf. */
export async function startBareCluster(lines: readonly string[] = []): Promise<BareCluster> {
  const dir = await mkdtemp(join(tmpdir(), "bare-"));
  const env = { ...process.env, BARE_PORT: String(await freePortRun(4)) };
  const slurmConf = join(dir, "config", "slurm.conf");
  const pidOf = async (daemon: SlurmDaemon): Promise<number> =>
    Number(await readFile(join(dir, "run", daemon), "utf8"));
  const start = async (): Promise<void> => void (await run(script, ["start", dir], { env }));
  const stop = async (): Promise<void> => void (await run(script, ["stop", dir], { env }));
  await start();
  if (lines.length > 0) {
    await stop();
    await appendFile(slurmConf, `${lines.join("\n")}\n`);
    await start();
  }
  const cluster: BareCluster = {
    slurmConf,
    async restart(daemon) {
      const [program = "", node] = /^(slurmd)-(.*)$/.exec(daemon)?.slice(1) ?? [daemon];
      const args = node === undefined ? ["-D"] : ["-D", "-N", node];
      const child = spawn(program, args, {
        env: { ...process.env, SLURM_CONF: slurmConf },
        detached: true,
        stdio: "ignore",
      });
      child.unref();
      await writeFile(join(dir, "run", daemon), `${child.pid}\n`);
    },
    async end(daemon) {
      const pid = await pidOf(daemon);
      process.kill(pid, "SIGTERM");
      for (const deadline = Date.now() + 30_000; isRunning(pid);) {
        if (Date.now() > deadline) throw new Error(`${daemon} has not ended within 30 s`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async kill(daemon) {
      process.kill(await pidOf(daemon), "SIGKILL");
    },
    async signal(daemon, signal) {
      process.kill(await pidOf(daemon), signal);
    },
    async lookAfterJobs() {
      await run("scontrol", ["reconfigure"], { env: { ...env, SLURM_CONF: slurmConf } });
    },
    async loseState() {
      await cluster.end("slurmctld");
      await rm(join(dir, "state"), { recursive: true });
      await mkdir(join(dir, "state"), { mode: 0o700 });
      await cluster.restart("slurmctld");
      const idle = (): Promise<string> =>
        run("sinfo", ["--noheader", "--Node", "--format=%T"], { env: { ...env, SLURM_CONF: slurmConf } })
          .then(({ stdout }) => stdout)
          .catch(() => "");
      for (const deadline = Date.now() + 60_000; !/^(idle\n)+$/.test(await idle());) {
        if (Date.now() > deadline) throw new Error("the nodes were not idle within 60 s");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async stateSaved() {
      // It writes when something has changed; a held job is such a change.
      await run("sbatch", ["--hold", "--output=/dev/null", "--wrap=true"], { env: { ...env, SLURM_CONF: slurmConf } });
      const savedAt = async (): Promise<number> => (await stat(join(dir, "state", "job_state"))).mtimeMs;
      const since = Date.now();
      while ((await savedAt().catch(() => 0)) < since) {
        if (Date.now() > since + 30_000) throw new Error("slurmctld has not saved its state for 30 s");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return cluster;
}

/** One that has ended and waits to be reaped does not run. */
function isRunning(pid: number): boolean {
  const info = readProcess(pid);
  return info !== undefined && info.state !== "Z";
}

/** The first of `count` consecutive free ports below the range that the kernel hands out by itself. */
async function freePortRun(count: number): Promise<number> {
  for (let first = 20_000 + (process.pid % 500) * 8; first < 24_000; first += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(first + i)));
    if (free.every(Boolean)) return first;
  }
  throw new Error("no run of free ports below 24000");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
