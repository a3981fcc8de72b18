import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { ClusterPlan } from "../src/schema/cluster-plan.ts";
import { writeConfig } from "../src/slurm/config/write-config.ts";

const run = promisify(execFile);

export interface PlannedCluster extends AsyncDisposable {
  readonly slurmConf: string;
  /** Runs a Slurm command as the cluster's user; answers what it printed. */
  command(program: string, ...args: readonly string[]): Promise<string>;
}

/** A new folder with what a plan's daemons need on disk. */
export async function writePlan(plan: ClusterPlan, dir: string): Promise<string> {
  const folders = ["config", "state", "log", "run", "devices", ...plan.nodes.map(({ name }) => `spool/${name}`)];
  for (const folder of folders) await mkdir(join(dir, folder), { recursive: true });
  for (const device of plan.nodes.flatMap(({ gpus }) => gpus?.devices ?? [])) await symlink("/dev/null", device);
  for (const { path, text, mode = 0o644 } of writeConfig(plan)) await writeFile(join(dir, path), text, { mode });
  return join(dir, "config", "slurm.conf");
}

export function makeFolder(name = "plan-"): Promise<string> {
  return mkdtemp(join(tmpdir(), name));
}

/** Starts the daemons of a plan with `auth/none` in `dir`, as the user and group `uid`, and waits until every node is idle. */
export async function startPlan(plan: ClusterPlan, dir: string, uid: number): Promise<PlannedCluster> {
  const slurmConf = await writePlan(plan, dir);
  await run("chown", ["-R", `${uid}:${uid}`, dir]);
  const env = { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, SLURM_CONF: slurmConf };
  const started: ChildProcess[] = [];
  const start = (program: string, ...args: string[]) => {
    started.push(spawn(program, ["-D", ...args], { env, uid, gid: uid, cwd: dirname(slurmConf), stdio: "ignore" }));
  };
  const command = async (program: string, ...args: readonly string[]) =>
    (await run(program, args, { env, uid, gid: uid, cwd: dir, timeout: 30_000 })).stdout;
  const dispose = async () => {
    for (const daemon of started.reverse()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const ended = once(daemon, "exit");
      daemon.kill("SIGTERM");
      await ended;
    }
    await rm(dir, { recursive: true, force: true });
  };
  try {
    start("slurmctld");
    await until(async () => (await command("scontrol", "ping")).includes("UP"));
    for (const { name } of plan.nodes) start("slurmd", "-N", name);
    await until(async () => /^(idle\n)+$/.test(await command("sinfo", "--noheader", "--Node", "--format=%T")));
  } catch (error) {
    await dispose();
    throw error;
  }
  return { slurmConf, command, [Symbol.asyncDispose]: dispose };
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await isTrue().catch((error: unknown) => error);
    if (answer === true) return;
    if (Date.now() > deadline) throw new Error("the daemons were not ready within 30 s", { cause: answer });
    await delay(20);
  }
}
