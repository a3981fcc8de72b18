import type { ClusterSpec, NodeSpec, PartitionSpec, ServicesSpec } from "../schema/cluster-spec.ts";

export const presetNames = ["cpu", "gpu", "multi-node", "full"] as const;
export type PresetName = (typeof presetNames)[number];

/** What one kind of compute node gets where the user says nothing. */
export interface NodeShape {
  readonly cpus: number;
  /** MB */
  readonly memory: number;
}

/** A preset: how many nodes of which shape, and what they and their partitions are called. */
export interface Preset {
  readonly cpuNodes: number;
  readonly gpuNodes: number;
  readonly gpusPerNode: number;
  readonly cpuShape: NodeShape;
  readonly gpuShape: NodeShape;
  /** One node that is controller and compute node at once, as long as there is only one. */
  readonly allInOne: boolean;
  /** Prefix of CPU nodes, then of GPU nodes. Where they are the same the numbers run on. */
  readonly prefixes: readonly [cpu: string, gpu: string];
  readonly services: ServicesSpec;
}

/** Per-node defaults of the options table; a preset overrides them, an explicit option overrides the preset. */
const plain: NodeShape = { cpus: 4, memory: 4096 };

export const presets: Readonly<Record<PresetName, Preset>> = {
  cpu: {
    cpuNodes: 1,
    gpuNodes: 0,
    gpusPerNode: 2,
    cpuShape: plain,
    gpuShape: plain,
    allInOne: true,
    prefixes: ["compute", "compute"],
    services: {},
  },
  gpu: {
    cpuNodes: 0,
    gpuNodes: 1,
    gpusPerNode: 2,
    cpuShape: { cpus: 4, memory: 8192 },
    gpuShape: { cpus: 4, memory: 8192 },
    allInOne: true,
    prefixes: ["compute", "compute"],
    services: {},
  },
  "multi-node": {
    cpuNodes: 2,
    gpuNodes: 0,
    gpusPerNode: 2,
    cpuShape: plain,
    gpuShape: plain,
    allInOne: false,
    prefixes: ["compute", "compute"],
    services: {},
  },
  full: {
    cpuNodes: 2,
    gpuNodes: 1,
    gpusPerNode: 4,
    cpuShape: { cpus: 8, memory: 8192 },
    gpuShape: { cpus: 8, memory: 16384 },
    allInOne: false,
    prefixes: ["cpu", "gpu"],
    services: { registry: true, pyxis: true },
  },
};

/** Node counts and shapes after the user's options were laid over a preset. */
export interface Topology {
  readonly cpuNodes: number;
  readonly gpuNodes: number;
  readonly gpusPerNode: number;
  readonly cpuShape: NodeShape;
  readonly gpuShape: NodeShape;
  readonly allInOne: boolean;
  readonly prefixes: readonly [cpu: string, gpu: string];
  /** What the nodes are called, where they are not numbered. */
  readonly names?: { readonly cpu: readonly string[]; readonly gpu: readonly string[] };
}

/** Lays nodes and partitions out as the presets do; pure. */
export function layOut(topology: Topology): Pick<ClusterSpec, "nodes" | "partitions"> {
  return topology.allInOne ? allInOne(topology) : controllerAndNodes(topology);
}

function allInOne(topology: Topology): Pick<ClusterSpec, "nodes" | "partitions"> {
  const hasGpus = topology.gpuNodes > 0;
  const shape = hasGpus ? topology.gpuShape : topology.cpuShape;
  const node: NodeSpec = {
    name: "slurm",
    role: "all-in-one",
    ...shape,
    ...(hasGpus ? { gpus: topology.gpusPerNode, gpu_type: "fake" } : {}),
    partitions: hasGpus ? ["debug", "gpu"] : ["debug"],
  };
  const debug: PartitionSpec = { name: "debug", default: true, max_time: "1:00:00" };
  return {
    nodes: [node],
    partitions: hasGpus ? [debug, { name: "gpu", default: false, features: ["gpu"] }] : [debug],
  };
}

function controllerAndNodes(topology: Topology): Pick<ClusterSpec, "nodes" | "partitions"> {
  const [cpuPrefix, gpuPrefix] = topology.prefixes;
  const gpuOffset = cpuPrefix === gpuPrefix ? topology.cpuNodes : 0;
  const cpuNodes = Array.from({ length: topology.cpuNodes }, (_, i): NodeSpec => ({
    name: topology.names?.cpu[i] ?? `${cpuPrefix}-${i}`,
    role: "compute",
    ...topology.cpuShape,
    partitions: ["cpu"],
  }));
  const gpuNodes = Array.from({ length: topology.gpuNodes }, (_, i): NodeSpec => ({
    name: topology.names?.gpu[i] ?? `${gpuPrefix}-${i + gpuOffset}`,
    role: "compute",
    ...topology.gpuShape,
    gpus: topology.gpusPerNode,
    gpu_type: "fake",
    partitions: ["gpu"],
  }));
  const partitions: PartitionSpec[] = [];
  if (cpuNodes.length > 0) partitions.push({ name: "cpu", default: true, nodes: cpuNodes.map((node) => node.name) });
  if (gpuNodes.length > 0) {
    partitions.push({
      name: "gpu",
      default: cpuNodes.length === 0,
      nodes: gpuNodes.map((node) => node.name),
      features: ["gpu"],
    });
  }
  const controller: NodeSpec = { name: "controller", role: "controller", cpus: 2, memory: 2048 };
  return { nodes: [controller, ...cpuNodes, ...gpuNodes], partitions };
}
