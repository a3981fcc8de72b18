import { SluiceError } from "../errors.ts";
import { ClusterName, specLimits, type ClusterSpec, type GpuEnv, type ServicesSpec } from "../schema/cluster-spec.ts";
import type { ClusterNetwork, NetworkNode } from "./cluster-network.ts";
import {
  layOut,
  presetNames,
  presets,
  type NodeShape,
  type Preset,
  type PresetName,
  type Topology,
} from "./presets.ts";

/** What `sluice cluster create` was told about the cluster's shape; what was not said is absent. */
export interface ShapeOptions {
  readonly name: string;
  readonly preset?: string | undefined;
  readonly cpuNodes?: number | undefined;
  readonly gpuNodes?: number | undefined;
  readonly cpusPerNode?: number | undefined;
  readonly gpusPerNode?: number | undefined;
  /** MB */
  readonly memoryPerNode?: number | undefined;
  readonly withRegistry?: boolean | undefined;
  readonly withPyxis?: boolean | undefined;
  readonly withAccounting?: boolean | undefined;
  readonly withRest?: boolean | undefined;
  readonly gpuEnv?: GpuEnv | undefined;
  /** The network that Slurm places jobs by; its nodes are the cluster's. */
  readonly network?: ClusterNetwork | undefined;
}

/**
 * Turns options into a spec. A preset gives the defaults, an explicit option overrides it. The single-node presets stay
 * one all-in-one node until the counts ask for another; then they become a controller with compute nodes. A network brings
 * the nodes along: those in an accelerator domain have GPUs where the preset has both kinds.
 *
 * Throws `INPUT_INVALID` naming the option.
 */
export function specFromOptions(options: ShapeOptions): ClusterSpec {
  checkClusterName(options.name);
  const presetName = parsePreset(options.preset ?? "cpu");
  const preset = presets[presetName];
  const names = options.network && namesOf(options.network, preset, options);
  const cpuNodes = names?.cpu.length ?? options.cpuNodes ?? preset.cpuNodes;
  const gpuNodes = names?.gpu.length ?? options.gpuNodes ?? preset.gpuNodes;
  const topology: Topology = {
    cpuNodes,
    gpuNodes,
    gpusPerNode: options.gpusPerNode ?? preset.gpusPerNode,
    cpuShape: shape(preset.cpuShape, options),
    gpuShape: shape(preset.gpuShape, options),
    allInOne: preset.allInOne && names === undefined && cpuNodes + gpuNodes === 1,
    prefixes: preset.prefixes,
    ...(names !== undefined && { names }),
  };
  checkCounts(topology, options);
  const services = servicesOf(preset.services, options);
  return {
    name: options.name,
    ...layOut(topology),
    ...(Object.keys(services).length > 0 ? { services } : {}),
    ...(options.gpuEnv === undefined ? {} : { gpu_env: options.gpuEnv }),
    ...(options.network === undefined ? {} : { topology: { switches: [...options.network.switches] } }),
  };
}

/** Which nodes of a network have GPUs. Throws `INPUT_INVALID` where counts of nodes are given too. */
function namesOf({ nodes }: ClusterNetwork, preset: Preset, options: ShapeOptions): NonNullable<Topology["names"]> {
  for (const [key, option] of [
    ["cpuNodes", "--cpu-nodes"],
    ["gpuNodes", "--gpu-nodes"],
  ] as const) {
    if (options[key] !== undefined)
      throw invalid(option, "cannot stand beside --topology, which brings the nodes along");
  }
  if (nodes.some(({ name }) => name === "controller")) {
    throw invalid("--topology", "a node cannot be called controller, as the cluster's own controller is");
  }
  const hasGpus = ({ hasDomain }: NetworkNode): boolean => preset.cpuNodes === 0 || (preset.gpuNodes > 0 && hasDomain);
  const pick = (gpus: boolean): string[] => nodes.filter((node) => hasGpus(node) === gpus).map(({ name }) => name);
  return { cpu: pick(false), gpu: pick(true) };
}

/** Throws `INPUT_INVALID` where the text cannot be a cluster's name. */
export function checkClusterName(name: string): void {
  const result = ClusterName.safeParse(name);
  if (result.success) return;
  const shown = name.length > 60 ? `${name.slice(0, 57)}…` : name;
  throw invalid("--name", `"${shown}" cannot be a cluster's name: it ${result.error.issues[0]?.message}`);
}

function parsePreset(text: string): PresetName {
  const preset = presetNames.find((name) => name === text);
  if (preset !== undefined) return preset;
  throw invalid("--preset", `unknown preset "${text}"; choose one of ${presetNames.join(", ")}`);
}

function shape(preset: NodeShape, options: ShapeOptions): NodeShape {
  return { cpus: options.cpusPerNode ?? preset.cpus, memory: options.memoryPerNode ?? preset.memory };
}

function checkCounts(topology: Topology, options: ShapeOptions): void {
  inRange("--cpu-nodes", topology.cpuNodes, 0, specLimits.nodes);
  inRange("--gpu-nodes", topology.gpuNodes, 0, specLimits.nodes);
  inRange("--cpus-per-node", topology.cpuShape.cpus, 1, specLimits.cpus);
  inRange("--memory-per-node", topology.cpuShape.memory, 64, specLimits.memoryMb, " MB");
  inRange("--gpus-per-node", topology.gpusPerNode, 1, specLimits.gpus);
  const nodes = topology.cpuNodes + topology.gpuNodes;
  if (nodes === 0) {
    throw invalid("--cpu-nodes", "a cluster needs a node to run jobs on; ask for at least one CPU or GPU node");
  }
  if (nodes > specLimits.nodes) {
    throw invalid(
      "--cpu-nodes",
      `${nodes} nodes are more than the ${specLimits.nodes} that one machine is asked to carry`,
    );
  }
  if (topology.gpuNodes === 0 && options.gpusPerNode !== undefined) {
    throw invalid(
      "--gpus-per-node",
      `${options.gpusPerNode} GPUs per node, but the cluster has no GPU nodes; add --gpu-nodes 1 or --preset gpu`,
    );
  }
  if (topology.gpuNodes === 0 && options.gpuEnv !== undefined) {
    throw invalid("--gpu-env", "the cluster has no GPU nodes; add --gpu-nodes 1 or --preset gpu");
  }
}

function inRange(option: string, value: number, min: number, max: number, unit = ""): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalid(option, `${value}${unit} is out of range; it takes a whole number from ${min} to ${max}${unit}`);
}

function servicesOf(preset: ServicesSpec, options: ShapeOptions): ServicesSpec {
  const wanted = {
    registry: options.withRegistry ?? preset.registry,
    pyxis: options.withPyxis ?? preset.pyxis,
    accounting: options.withAccounting ?? preset.accounting,
    rest: options.withRest ?? preset.rest,
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value === true));
}

function invalid(field: string, message: string): SluiceError {
  return new SluiceError("INPUT_INVALID", `${field}: ${message}`, { details: { field } });
}
