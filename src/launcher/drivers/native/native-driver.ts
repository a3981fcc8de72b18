import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { ClusterRecord } from "../../../schema/cluster-record.ts";
import { quoteAll } from "../../../schema/quote.ts";
import type { Access, Driver, LogSource, StoredCluster } from "../../driver.ts";
import { aliveDaemons } from "./cluster-processes.ts";
import { cgroupMode, designNativeCluster, type NativeHost } from "./design.ts";
import { nativeFiles } from "./files.ts";
import { makeDevices, proveGpus } from "./gpus.ts";
import { actOnNode } from "./node-actions.ts";
import { nativePaths, type NativePaths } from "./paths.ts";
import { computeNodes, headNode } from "../../../schema/cluster-nodes.ts";
import { planNativeCluster } from "./plan.ts";
import { removePrivilegeSeparationDirectory } from "./privilege-separation.ts";
import { readStandingCluster } from "./standing-cluster.ts";
import { makeSecrets } from "./secrets.ts";
import { startNativeCluster } from "./start.ts";
import { settleAll } from "../../settle-all.ts";
import { stopNativeCluster } from "./stop.ts";

/** Runs a cluster's daemons as processes of the calling user on this host: no root, no containers, loopback alone. */
export function createNativeDriver(host: NativeHost): Driver {
  const pathsOf = (record: ClusterRecord): NativePaths => nativePaths(record.directory, record.run);
  return {
    kind: "native",
    design: (request, signal) => designNativeCluster(host, request, signal),
    files({ file, record }) {
      const paths = pathsOf(record);
      const plan = planNativeCluster(file, paths, { user: host.user, cgroup: cgroupMode(file.slurm) });
      return nativeFiles(file, plan, paths, host);
    },
    nodes: ({ file, record }) => readStandingCluster(file, pathsOf(record)).nodes.map(({ name }) => name),

    async prepare(cluster, signal) {
      const paths = pathsOf(cluster.record);
      const { nodes } = readStandingCluster(cluster.file, paths);
      await settleAll([makeSecrets(host, cluster.file, paths, signal), makeDevices(nodes)]);
      const slurmd = host.programs.need("slurmd", "a native test cluster");
      await proveGpus({ runner: host.runner, slurmd }, nodes, paths, signal);
    },

    start: (cluster, operation) => startNativeCluster(host, cluster, pathsOf(cluster.record), operation),
    stop: (record, operation) => stopNativeCluster(host, record, pathsOf(record), operation),

    async erase(record) {
      const paths = pathsOf(record);
      await rm(paths.run, { recursive: true, force: true });
      if (host.uid === 0) await removePrivilegeSeparationDirectory();
    },

    alive: (record) => aliveDaemons(record),
    act: (cluster, node, action, operation) =>
      actOnNode({ host, cluster, paths: pathsOf(cluster.record), operation }, node, action),

    run: (cluster, command, signal) =>
      host.runner.run(
        { ...command, env: { ...command.env, SLURM_CONF: pathsOf(cluster.record).slurmConf } },
        { signal, deadlineMs: 20_000 },
      ),
    logs: (cluster) => logSources(cluster, pathsOf(cluster.record)),
    access: (cluster) => access(cluster, pathsOf(cluster.record), host),
    shell: (cluster, node, command, tty) => shell(cluster, pathsOf(cluster.record), host, { node, command, tty }),
  };
}

function logSources({ file }: StoredCluster, paths: NativePaths): readonly LogSource[] {
  const spec = file.cluster;
  const log = (name: string, base: string): LogSource => ({ name, path: join(paths.logs, base) });
  const services = [
    ...(file.auth === "munge" ? [log("munged", "munged.log")] : []),
    ...(file.ports.ssh === undefined ? [] : [log("sshd", "sshd.out")]),
    ...(file.ports.slurmdbd === undefined ? [] : [log("slurmdbd", "slurmdbd.log"), log("mariadbd", "mariadbd.log")]),
    ...(file.ports.registry === undefined ? [] : [log("registry", "docker-registry.out")]),
    ...(spec.services?.rest === true ? [log("slurmrestd", "slurmrestd.out")] : []),
  ];
  return [
    log(headNode(spec)?.name ?? "controller", "slurmctld.log"),
    ...computeNodes(spec).map((node) => log(node.name, `slurmd-${node.name}.log`)),
    ...services,
  ];
}

function access({ file }: StoredCluster, paths: NativePaths, host: NativeHost): Access {
  const { ports } = file;
  return {
    ...(ports.ssh === undefined
      ? {}
      : {
          ssh: quoteAll(["ssh", `${host.user}@localhost`, "-p", String(ports.ssh), "-i", paths.sshKey]),
          identityFile: paths.sshKey,
          password: "none, the key lets you in",
        }),
    ...(ports.registry === undefined ? {} : { registry: `localhost:${ports.registry}` }),
    ...(file.cluster.services?.rest === true ? { rest: `unix:${paths.restSocket}` } : {}),
  };
}

function shell(
  { file }: StoredCluster,
  paths: NativePaths,
  host: NativeHost,
  { node, command, tty }: { node: string | undefined; command: readonly string[]; tty: boolean },
): readonly string[] {
  if (file.ports.ssh === undefined) {
    throw new SluiceError(
      "CAPABILITY_MISSING",
      `cluster "${file.cluster.name}" was made without sshd; install openssh-server and make it anew`,
    );
  }
  const names = file.cluster.nodes.map(({ name }) => name);
  const target = node ?? headNode(file.cluster)?.name ?? "";
  if (!names.includes(target)) {
    throw new SluiceError(
      "NODE_NOT_FOUND",
      `cluster "${file.cluster.name}" has no node "${target}"; its nodes: ${names.join(", ")}`,
    );
  }
  const ssh = host.programs.need("ssh", "ssh into the cluster");
  // One word is a command line for the login shell, as with ssh itself; several arrive as exactly those words.
  const remote = command.length > 1 ? [quoteAll(command)] : command;
  return [ssh, "-F", paths.sshConfig, ...(tty ? ["-t"] : []), target, ...(remote.length > 0 ? ["--", ...remote] : [])];
}
