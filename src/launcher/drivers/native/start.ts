import { existsSync } from "node:fs";
import { mkdir, lstat } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { Operation, StoredCluster } from "../../driver.ts";
import { waitFor } from "../../wait-for.ts";
import { startAccounting } from "./accounting.ts";
import { toConfigFault } from "./config-fault.ts";
import { clusterVariable } from "./cluster-processes.ts";
import { startDaemon, type Daemon } from "./daemon.ts";
import { clusterMark } from "./mark.ts";
import type { NativeHost } from "./design.ts";
import { endLostJobs } from "./lost-jobs.ts";
import { waitForNodes } from "./nodes-ready.ts";
import type { NativePaths } from "./paths.ts";
import { bindError } from "./ports.ts";
import type { ProgramName } from "./programs.ts";
import { answers } from "./ready.ts";
import { stopReason } from "./stop.ts";
import { startRest } from "./rest.ts";
import { startRegistry, startSsh } from "./services.ts";
import { readStandingCluster, type StandingCluster } from "./standing-cluster.ts";

/** What a part of a cluster needs to start its daemons. */
export interface StartContext {
  readonly host: NativeHost;
  readonly cluster: StoredCluster;
  readonly standing: StandingCluster;
  readonly paths: NativePaths;
  readonly operation: Operation;
  /** Starts one daemon, records it, and names its output after it. */
  launch(name: string, program: ProgramName, args: readonly string[], env?: Readonly<Record<string, string>>): Daemon;
  /** Waits until `daemon` answers at `address`; throws with its last words where it ends before that. */
  answering(daemon: Daemon, address: Parameters<typeof answers>[0], what: string): Promise<void>;
}

/**
 * Starts every daemon of a cluster, each as soon as the one that it needs answers, and returns when every node is
 * registered. Throws `PORT_BUSY`, `DAEMON_FAILED`, `CONFIG_INVALID`, `DEADLINE_EXCEEDED`.
 */
export async function startNativeCluster(
  host: NativeHost,
  cluster: StoredCluster,
  paths: NativePaths,
  operation: Operation,
): Promise<void> {
  const context = createContext(host, cluster, paths, operation);
  await makeRunDirectory(paths, context.standing, host.uid);
  await checkPorts(context);
  // What Slurm does not need comes up beside it.
  const beside = Promise.allSettled([startSsh(context), startRegistry(context)]);
  try {
    await startMunge(context);
    await startAccounting(context);
    await startSlurm(context).catch((error: unknown) => {
      const outputs = ["slurmctld", ...context.standing.nodes.map(({ name }) => name)];
      throw toConfigFault(
        error,
        outputs.map((name) => join(paths.logs, `${name}.out`)),
        paths,
      );
    });
    await startRest(context);
  } finally {
    // Nothing may go on starting behind the back of a caller that already cleans up.
    await beside;
  }
  for (const result of await beside) if (result.status === "rejected") throw result.reason;
}

function createContext(
  host: NativeHost,
  cluster: StoredCluster,
  paths: NativePaths,
  operation: Operation,
): StartContext {
  return {
    host,
    cluster,
    standing: readStandingCluster(cluster.file, paths),
    paths,
    operation,
    launch: (name, program, args, env = {}) => launchDaemon({ host, paths, operation }, name, program, args, { env }),
    async answering(daemon, address, what) {
      await waitFor(
        () => {
          daemon.check();
          return answers(address);
        },
        { what, timeoutMs: operation.timeoutMs, intervalMs: 1, maxIntervalMs: 20, signal: operation.signal },
      );
      daemon.check();
      operation.progress(what.replace(" to answer", " answers"));
    },
  };
}

/** Starts one daemon of a cluster, of one `node` or of all, and has it recorded. */
export function launchDaemon(
  { host, paths, operation }: Pick<StartContext, "host" | "paths" | "operation">,
  name: string,
  program: ProgramName,
  args: readonly string[],
  { env = {}, node }: { readonly env?: Readonly<Record<string, string>>; readonly node?: string } = {},
): Daemon {
  const prlimit = host.programs.find("prlimit");
  const daemon = startDaemon({
    name,
    program: host.programs.need(program, `the cluster's ${name}`),
    args,
    ...(prlimit === undefined ? {} : { mark: { prlimit, value: clusterMark(paths.directory, node) } }),
    // Nothing of the caller's own environment: a cluster is the same whoever starts it, and holds no secret of theirs.
    env: {
      PATH: host.programs.searchPath,
      LANG: "C.UTF-8",
      SLURM_CONF: paths.slurmConf,
      [clusterVariable]: paths.directory,
      ...env,
    },
    outputFile: join(paths.logs, `${name}.out`),
  });
  operation.started(daemon.record);
  return daemon;
}

/** slurmd of one node; it keeps to the foreground, and answers when slurmctld has heard of it. */
export function launchSlurmd(context: Pick<StartContext, "host" | "paths" | "operation">, node: string): Daemon {
  return launchDaemon(context, node, "slurmd", ["-D", "-N", node, "-f", context.paths.slurmConf], { node });
}

async function startMunge(context: StartContext): Promise<void> {
  const { paths, standing } = context;
  if (standing.auth !== "munge") return;
  const munged = context.launch("munged", "munged", [
    "--foreground",
    // munged wants its socket where every user of the host can reach it; this one is for one user.
    "--force",
    `--socket=${paths.mungeSocket}`,
    `--key-file=${paths.mungeKey}`,
    `--pid-file=${join(paths.run, "munged.pid")}`,
    `--seed-file=${join(paths.keys, "munge.seed")}`,
    `--log-file=${join(paths.logs, "munged.log")}`,
  ]);
  await context.answering(munged, { path: paths.mungeSocket }, "munged to answer");
}

async function startSlurm(context: StartContext): Promise<void> {
  const { standing, paths, operation } = context;
  const isRestart = existsSync(join(paths.state, "job_state"));
  // Slurm knows times of start in whole seconds.
  const sinceMs = Math.floor(Date.now() / 1000) * 1000;
  const slurmctld = context.launch("slurmctld", "slurmctld", ["-D", "-f", paths.slurmConf]);
  await context.answering(slurmctld, { port: standing.slurmctldPort }, "slurmctld to answer");
  // Of the last time, as slurmctld remembers it.
  if (isRestart) {
    await endLostJobs({
      runner: context.host.runner,
      slurmConf: paths.slurmConf,
      reason: stopReason,
      returning: true,
      signal: operation.signal,
    });
  }
  // A slurmd that finds no slurmctld tries again only after some seconds; one that finds it is idle at once.
  const slurmds = standing.nodes.map((node) => launchSlurmd(context, node.name));
  if (!operation.wait) return;
  await waitForNodes({
    runner: context.host.runner,
    slurmConf: paths.slurmConf,
    nodes: standing.nodes.map((node) => node.name),
    sinceMs,
    daemons: [slurmctld, ...slurmds],
    operation,
  });
}

/** Sockets and spool: a folder that must be the user's alone, also where it stands in /tmp. */
async function makeRunDirectory(paths: NativePaths, standing: StandingCluster, uid: number): Promise<void> {
  await mkdir(paths.run, { mode: 0o700, recursive: true });
  const info = await lstat(paths.run);
  if (!info.isDirectory() || info.uid !== uid || (info.mode & 0o022) !== 0) {
    throw new SluiceError(
      "FILE_UNWRITABLE",
      `${paths.run} is not a folder of this user alone; remove it and try again`,
    );
  }
  await Promise.all(
    standing.nodes.map((node) => mkdir(join(paths.spool, node.name), { recursive: true, mode: 0o755 })),
  );
  await mkdir(paths.logs, { recursive: true, mode: 0o755 });
  await mkdir(paths.state, { recursive: true, mode: 0o700 });
}

/** A port that somebody else has taken since the cluster was made would look like a daemon that answers. */
async function checkPorts({ cluster: { file, record }, standing }: StartContext): Promise<void> {
  const { nodes: _, slurmctld: __, ...services } = file.ports;
  const wanted: readonly (readonly [name: string, port: number | undefined])[] = [
    ...Object.entries(services),
    ["slurmctld", standing.slurmctldPort],
    ...standing.nodes.map(({ name, port }) => [name, port] as const),
  ];
  await Promise.all(
    wanted.map(async ([name, port]) => {
      const why = port === undefined ? undefined : await bindError(port);
      if (why === undefined) return;
      throw new SluiceError(
        "PORT_BUSY",
        `port ${port} (${name}) of cluster "${record.name}" cannot be used: ${why}; free it, or destroy the cluster and make it anew`,
        { details: { port } },
      );
    }),
  );
}
