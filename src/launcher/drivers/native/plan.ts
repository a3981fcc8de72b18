import { join } from "node:path";
import { SluiceError } from "../../../errors.ts";
import type { ClusterFile } from "../../../schema/cluster-file.ts";
import {
  slurmReleases,
  type CgroupMode,
  type ClusterPlan,
  type PlannedNode,
  type PlannedPartition,
} from "../../../schema/cluster-plan.ts";
import { computeNodes, nodesOf } from "../../../schema/cluster-nodes.ts";
import type { ClusterSpec, NodeSpec } from "../../../schema/cluster-spec.ts";
import type { NativePaths } from "./paths.ts";

/** What the plan depends on beside the cluster's own file. */
export interface Host {
  readonly user: string;
  readonly cgroup: CgroupMode;
}

/** A native cluster's daemons and files: every slurmd on this host under its own port, all on loopback. Pure. */
export function planNativeCluster(file: ClusterFile, paths: NativePaths, host: Host): ClusterPlan {
  const { cluster: spec, ports } = file;
  const release = slurmReleases.find((known) => known === file.slurm);
  if (release === undefined) {
    throw new SluiceError(
      "CONFIG_INVALID",
      `slurm: "${file.slurm}" is not a release that configuration can be written for`,
    );
  }
  return {
    name: spec.name,
    release,
    controller: { hostname: "localhost", address: "127.0.0.1", port: ports.slurmctld },
    nodes: computeNodes(spec).map((node) => plannedNode(node, spec, ports.nodes[node.name] ?? 0, paths)),
    partitions: spec.partitions.map((partition) => plannedPartition(partition.name, spec)),
    gpuEnv: spec.gpu_env ?? "none",
    auth: file.auth === "munge" ? { type: "munge", socket: paths.mungeSocket } : { type: "none" },
    users: { slurm: host.user, slurmd: host.user },
    paths: {
      state: paths.state,
      slurmdSpool: join(paths.spool, "%n"),
      slurmctldLog: join(paths.logs, "slurmctld.log"),
      slurmdLog: join(paths.logs, "slurmd-%n.log"),
      slurmctldPid: join(paths.run, "slurmctld.pid"),
      slurmdPid: join(paths.run, "slurmd-%n.pid"),
    },
    cgroup: host.cgroup,
    ...(spec.topology === undefined ? {} : { switches: spec.topology.switches }),
    ...(ports.slurmdbd === undefined ? {} : { accounting: { host: "localhost", port: ports.slurmdbd } }),
  };
}

function plannedNode(node: NodeSpec, spec: ClusterSpec, port: number, paths: NativePaths): PlannedNode {
  const gpus = node.gpus ?? 0;
  return {
    name: node.name,
    hostname: "localhost",
    address: "127.0.0.1",
    port,
    cpus: node.cpus,
    memoryMb: node.memory,
    features: featuresOf(node, spec),
    ...(gpus === 0
      ? {}
      : {
          gpus: {
            type: node.gpu_type ?? "fake",
            devices: Array.from({ length: gpus }, (_, i) => join(paths.devices, node.name, `gpu${i}`)),
          },
        }),
  };
}

/** Slurm's partitions have no features, so those of a partition mark its nodes. Those without GPUs are no `gpu` nodes. */
function featuresOf(node: NodeSpec, spec: ClusterSpec): readonly string[] {
  const inherited = spec.partitions
    .filter((partition) => nodesOf(spec, partition.name).includes(node.name))
    .flatMap((partition) => partition.features ?? []);
  return [...new Set([...(node.features ?? []), ...inherited])];
}

function plannedPartition(name: string, spec: ClusterSpec): PlannedPartition {
  const partition = spec.partitions.find((candidate) => candidate.name === name);
  return {
    name,
    nodes: nodesOf(spec, name),
    isDefault: partition?.default === true,
    ...(partition?.max_time === undefined ? {} : { maxTime: partition.max_time }),
  };
}
