import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { freePortRun } from "./slurm-setup.ts";

const run = promisify(execFile);

/** A real slurmctld with nodes on which no slurmd runs: it starts in a fifth of a second and reads every configuration. */
export interface LoneController extends AsyncDisposable {
  readonly topologyConf: string;
  /** What commands of Slurm need of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  scontrol(...args: readonly string[]): Promise<string>;
  /** Ends it and starts it anew, with all files as they are. Throws with its log where it does not start. */
  restart(): Promise<void>;
}

export interface LoneControllerOptions {
  /** Ranges of names. */
  readonly nodes: readonly string[];
  readonly topologyPlugin?: string;
  /** Lines of slurm.conf for partitions besides `all`, which has all nodes. */
  readonly partitions?: readonly string[];
  /** The file that it starts with. */
  readonly topology?: string;
  /** The root of the file system that has its programs; this machine's own where left out. */
  readonly root?: string;
}

/** Throws with its log where slurmctld ends before it answers. */
export async function startController(options: LoneControllerOptions): Promise<LoneController> {
  const { root } = options;
  const dir = await mkdtemp(join(root ?? "", root === undefined ? tmpdir() : "tmp", "controller-"));
  // As the programs see it.
  const seen = root === undefined ? dir : dir.slice(root.length);
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, SLURM_CONF: join(seen, "slurm.conf") };
  // There is no /proc there, by which the daemon would find itself.
  const command = (name: string, args: readonly string[]) => {
    if (root === undefined) return [name, args] as const;
    const enter = [...(userInfo().uid === 0 ? [] : ["unshare", "--map-root-user"]), "chroot", root] as const;
    return [
      enter[0] ?? "chroot",
      [...enter.slice(1), `/usr/${name === "scontrol" ? "bin" : "sbin"}/${name}`, ...args],
    ] as const;
  };
  const topologyConf = join(dir, "topology.conf");
  const scontrol = async (...args: readonly string[]) =>
    (await run(...command("scontrol", args), { env, timeout: 30_000 })).stdout;
  await mkdir(join(dir, "state"));
  await writeFile(join(dir, "slurm.conf"), slurmConf(seen, await freePortRun(1), options));
  await writeFile(topologyConf, options.topology ?? "");
  let end = async (): Promise<void> => {};
  const start = async (): Promise<void> => {
    const child = spawn(...command("slurmctld", ["-D"]), { env, stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
    // The log is whole only then.
    const closed = once(child, "close");
    end = async () => {
      child.kill("SIGTERM");
      await closed;
    };
    for (const deadline = Date.now() + 30_000; ;) {
      if ((await scontrol("ping").catch(() => "")).includes("UP")) return;
      if (Date.now() > deadline) throw new Error(`slurmctld did not answer within 30 s: ${log}`);
      const ended = await Promise.race([closed.then(() => true), delay(20, false)]);
      if (ended) throw new Error(`slurmctld ended: ${log}`);
    }
  };
  const dispose = async (): Promise<void> => {
    await end();
    await rm(dir, { recursive: true, force: true });
  };
  await start().catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return {
    topologyConf,
    env,
    scontrol,
    async restart() {
      await end();
      await start();
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function slurmConf(
  dir: string,
  port: number,
  { nodes, topologyPlugin = "topology/tree", partitions = [], root }: LoneControllerOptions,
): string {
  return [
    "ClusterName=lone",
    "SlurmctldHost=localhost(127.0.0.1)",
    `SlurmctldPort=${port}`,
    `SlurmUser=${root === undefined ? userInfo().username : "root"}`,
    "AuthType=auth/none",
    "CredType=cred/none",
    "MpiDefault=none",
    `StateSaveLocation=${dir}/state`,
    `SlurmctldPidFile=${dir}/slurmctld.pid`,
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "SelectType=select/cons_tres",
    "MailProg=/bin/true",
    `TopologyPlugin=${topologyPlugin}`,
    ...nodes.map((names) => `NodeName=${names} NodeAddr=127.0.0.1 CPUs=1`),
    `PartitionName=all Nodes=${nodes.join(",")} Default=YES`,
    ...partitions,
    "",
  ].join("\n");
}
