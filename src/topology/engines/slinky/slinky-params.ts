import { compareBytes } from "../../names/compare-bytes.ts";
import { quoteGo } from "../../names/quote-go.ts";
import { decodeParams } from "../../params/decode-params.ts";
import { labelSelectorParams, toLabelSelector } from "../../params/label-selector.ts";
import type { Decoded, ParamTable } from "../../params/param-table.ts";
import type { ParamMap } from "../../params/param-value.ts";
import { partitionTopologyParams, slurmOutputParams } from "../../render/output-params.ts";
import { TopologyError } from "../../topology-error.ts";
import { insistOnLabelKey } from "../node-labels.ts";

/** A topology of its own for some nodes, which its pods can name too. */
const topologyParams = {
  ...partitionTopologyParams,
  podSelector: {
    type: { object: labelSelectorParams },
    doc: "The slurmd pods of this topology, in place of `nodes`.",
  },
} as const satisfies ParamTable;

/** The parameters of the engine `slinky`. */
export const slinkyParams = {
  namespace: { type: "string", required: true, doc: "The namespace of the Slinky cluster." },
  podSelector: { type: { object: labelSelectorParams }, required: true, doc: "The slurmd pods." },
  nodeSelector: { type: "string-map", doc: "Labels of the Nodes that slurmd pods run on; all Nodes where left out." },
  topologyConfigmapName: { type: "string", required: true, doc: "The ConfigMap that is written." },
  topologyConfigPath: {
    type: "string",
    required: true,
    doc: "The key in the ConfigMap: `topology.conf`, or `topology.yaml`.",
  },
  ...slurmOutputParams,
  topologies: {
    type: { mapOf: topologyParams },
    doc: "Topologies by name, each for some of the nodes; YAML is written then.",
  },
  useDynamicNodes: {
    type: "bool",
    doc: "Whether each Node is told its place by the annotation `topology.slinky.slurm.net/spec`; `scontrol` is not asked then.",
    shownDefault: "false",
  },
  configUpdateMode: {
    type: "string",
    doc: "`none` leaves the ConfigMap alone, `skeleton-only` writes it without the nodes, `skeleton-roots` of a tree only the names of the first switches, so that it stays as it is when others come and go; all of it where left out.",
  },
  acceleratorDomainSourceLabel: {
    type: "string",
    doc: "A label of Nodes that says their accelerator domain, in place of what the provider knows; for blocks only.",
  },
} as const satisfies ParamTable;

/** The last one is an addition to those of Topograph, whose newer releases write `skeleton-only` so. */
const updateModes = ["none", "skeleton-only", "skeleton-roots"] as const;

export interface SlinkySettings {
  readonly namespace: string;
  readonly configMap: string;
  readonly configKey: string;
  readonly podSelector: string;
  readonly nodeSelector: ReadonlyMap<string, string>;
  readonly isDynamic: boolean;
  readonly update: "all" | (typeof updateModes)[number];
  readonly sourceLabel: string;
  readonly output: Decoded<typeof slurmOutputParams>;
  /** By name; with the selector of its pods, which is empty where it has none. */
  readonly topologies: ReadonlyMap<string, SlinkyTopology>;
}

export interface SlinkyTopology {
  readonly params: Decoded<typeof partitionTopologyParams>;
  readonly podSelector: string;
}

/** Throws `TopologyError` (400); of several parameters that are missing, the first in their order here is named. */
export function readSlinkyParams(given: ParamMap): SlinkySettings {
  const decoded = decodeParams(slinkyParams, given);
  const sourceLabel = decoded.acceleratorDomainSourceLabel ?? "";
  if (sourceLabel !== "") insistOnLabelKey("acceleratorDomainSourceLabel", sourceLabel);
  const update = readUpdateMode(decoded.configUpdateMode ?? "");
  const required = {
    namespace: decoded.namespace ?? "",
    podSelector: toLabelSelector(decoded.podSelector),
    topologyConfigPath: decoded.topologyConfigPath ?? "",
    topologyConfigmapName: decoded.topologyConfigmapName ?? "",
  };
  for (const [name, value] of Object.entries(required)) {
    if (value === "") throw new TopologyError(400, `must specify engine parameter ${quoteGo(name)}`);
  }
  return {
    namespace: required.namespace,
    configMap: required.topologyConfigmapName,
    configKey: required.topologyConfigPath,
    podSelector: required.podSelector,
    nodeSelector: decoded.nodeSelector ?? new Map<string, string>(),
    isDynamic: decoded.useDynamicNodes ?? false,
    update,
    sourceLabel,
    output: decoded,
    topologies: readTopologies(decoded.topologies ?? new Map()),
  };
}

function readUpdateMode(mode: string): SlinkySettings["update"] {
  if (mode === "") return "all";
  const known = updateModes.find((one) => one === mode);
  if (known !== undefined) return known;
  throw new TopologyError(400, `invalid configUpdateMode: ${mode}, must be either none, or skeleton-only`);
}

function readTopologies(
  given: ReadonlyMap<string, Decoded<typeof topologyParams> | null>,
): ReadonlyMap<string, SlinkyTopology> {
  const read = new Map<string, SlinkyTopology>();
  for (const [name, topology] of [...given].sort(([left], [right]) => compareBytes(left, right))) {
    if (topology === null) throw new TopologyError(400, `topology ${quoteGo(name)}: nil entry`);
    const podSelector = toLabelSelector(topology.podSelector);
    if (topology.nodes !== undefined && podSelector !== "") {
      throw new TopologyError(400, `topology ${quoteGo(name)}: cannot set both nodes and podSelector`);
    }
    read.set(name, { params: topology, podSelector });
  }
  return read;
}
