import { noTopology, type ComputeInstances, type InstanceTopology } from "../graph/topology-graph.ts";
import { decodeParams, type DecodeOptions } from "../params/decode-params.ts";
import type { ParamTable } from "../params/param-table.ts";
import type { ParamMap } from "../params/param-value.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";

/** The rail-optimised pod of a node: its leaf switch. */
export const crusoePodLabel = "crusoe.ai/pod.id";
/** The InfiniBand partition of a node, which jobs cannot leave. */
export const crusoePartitionLabel = "crusoe.ai/ib.partition.id";
/** The NVLink clique of a node, which GPU Feature Discovery writes: `<cluster UUID>.<clique>`. */
export const gpuCliqueLabel = "nvidia.com/gpu.clique";

/** What `crusoe` and `crusoe-sim` take to write the form of newer releases of Topograph. */
export const crusoeParams = {
  rootSwitch: {
    type: "any",
    doc: "A switch above all partitions, so that jobs may use nodes of several: its name, or `true` for `crusoe`, the form that newer releases of Topograph write.",
    shownDefault: "none",
  },
  cpuFallback: {
    type: "bool",
    doc: "Nodes without InfiniBand stand under the switches `cpu-partition` and `cpu-pod`, as newer releases of Topograph have it, and not under `no-topology`.",
    shownDefault: "false",
  },
} as const satisfies ParamTable;

export interface CrusoeOptions {
  readonly rootSwitch: string | undefined;
  readonly cpuFallback: boolean;
}

/** A node as Kubernetes, or a model, tells of it. */
export interface CrusoeNode {
  readonly instanceId: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its NVLink clique, where its labels tell none. */
  readonly clique?: string | undefined;
}

/** Reads `rootSwitch` and `cpuFallback`. Throws `TopologyError` (400). */
export function crusoeOptions(params: ParamMap, options: DecodeOptions = {}): CrusoeOptions {
  const { rootSwitch, cpuFallback = false } = decodeParams(crusoeParams, params, options);
  switch (rootSwitch) {
    case undefined:
    case null:
    case false:
    case "":
    case "false":
      return { rootSwitch: undefined, cpuFallback };
    case true:
    case "true":
      return { rootSwitch: "crusoe", cpuFallback };
    default:
      if (typeof rootSwitch === "string") return { rootSwitch, cpuFallback };
      throw new TopologyError(400, `${options.prefix ?? ""}'rootSwitch' must be true or the name of a switch`);
  }
}

/**
 * Where nodes of a Crusoe cluster stand: tiers are the pod and the partition that labels tell, below the root switch where one
 * is wanted; a node that lacks one of the two labels has neither. Its NVLink clique is its accelerator domain, whatever the
 * tiers: a partition spans racks, a clique never does. Throws `TopologyError`: 400 for several regions, 404 where no node is
 * one of those requested.
 */
export function crusoeTopology(
  nodes: readonly CrusoeNode[],
  request: readonly ComputeInstances[],
  options: CrusoeOptions,
  metrics: TopologyHost["metrics"],
): readonly InstanceTopology[] {
  requireOneCrusoeRegion(request);
  const wanted = request[0]?.instances;
  const isWanted = (id: string): boolean => wanted === undefined || wanted.size === 0 || wanted.has(id);
  const count = (outcome: string): void => metrics.mark("topograph_crusoe_nodes_processed_total", { outcome });
  const found: InstanceTopology[] = [];
  let matched = 0;
  for (const node of nodes) {
    if (!isWanted(node.instanceId)) {
      count("skipped");
      continue;
    }
    matched += 1;
    const fabric = fabricOf(node.labels);
    count(fabric === undefined ? "no_infiniband" : "infiniband");
    const place = placeOf(node, fabric, options);
    if (place !== undefined) found.push(place);
  }
  if (matched > 0) return found;
  throw new TopologyError(404, `no requested nodes found among ${nodes.length} selected nodes`);
}

/** A cluster at Crusoe lies in one region. Throws `TopologyError` (400) for a request of several. */
export function requireOneCrusoeRegion(request: readonly ComputeInstances[]): void {
  if (request.length > 1) throw new TopologyError(400, "crusoe does not support multi-region topology requests");
}

/** Pod and partition; `undefined` where one is missing or blank. */
function fabricOf(labels: CrusoeNode["labels"]): readonly [pod: string, partition: string] | undefined {
  const [pod, partition] = [valueOf(labels, crusoePodLabel), valueOf(labels, crusoePartitionLabel)];
  return pod === "" || partition === "" ? undefined : [pod, partition];
}

/** Where a node stands that has a domain and no fabric. Empty tiers above keep it in place while others are trimmed. */
const unplaced: readonly string[] = [noTopology, "", ""];

/** `undefined` for a node of which nothing is known. */
function placeOf(
  { instanceId, labels, clique = "" }: CrusoeNode,
  fabric: readonly string[] | undefined,
  { rootSwitch, cpuFallback }: CrusoeOptions,
): InstanceTopology | undefined {
  const domain = valueOf(labels, gpuCliqueLabel) || clique;
  const known = fabric ?? (cpuFallback ? ["cpu-pod", "cpu-partition"] : undefined);
  if (known === undefined && domain === "") return undefined;
  const tiers = known === undefined ? unplaced : rootSwitch === undefined ? known : [...known, rootSwitch];
  return domain === "" ? { instanceId, tiers } : { instanceId, tiers, domain };
}

function valueOf(labels: CrusoeNode["labels"], name: string): string {
  return (labels[name] ?? "").trim();
}
