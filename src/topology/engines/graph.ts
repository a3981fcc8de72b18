import type { Engine, EngineKind } from "../engine.ts";
import type { GraphInstance, TopologyGraph } from "../graph/topology-graph.ts";
import { compareBytes } from "../names/compare-bytes.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ParamTable } from "../params/param-table.ts";
import type { ParamMap } from "../params/param-value.ts";
import { goJsonString } from "../request/go-json-writer.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";
import { writeOutput } from "./write-output.ts";

const params = {
  topologyConfigPath: {
    type: "string",
    doc: "The file to write, in a folder that there is; the answer is `OK` then, and without it the document itself.",
  },
} as const satisfies ParamTable;

/** Writes the instances of a graph as JSON: of each its switches and labels. */
export const graphEngine: EngineKind = {
  kind: "graph",
  summary: "A JSON document of all instances, each with its switches, closest first, and its labels.",
  params,
  answersOnly,
  open: (given, host) => Promise.resolve(openGraph(given, host)),
};

/** Parameters that cannot be read write nothing either. */
function answersOnly(given: ParamMap): boolean {
  try {
    return (decodeParams(params, given).topologyConfigPath ?? "") === "";
  } catch {
    return true;
  }
}

function openGraph(given: ParamMap, host: TopologyHost): Engine {
  const path = decodeParams(params, given).topologyConfigPath ?? "";
  return {
    resolve: (instances) => {
      if (instances.length > 0) return Promise.resolve(instances);
      const message = "graph engine requires nodes in the request or a provider that can supply compute instances";
      return Promise.reject(new TopologyError(400, message));
    },
    async output(graph, signal) {
      const text = instancesDocument(graph);
      if (path === "") return text;
      await writeOutput(host, path, text, signal);
      return "OK\n";
    },
  };
}

/** `{"instances":[…]}` as Go's encoding/json writes it: compact, in the order of ids' bytes, labels in that of theirs. */
function instancesDocument({ instances = new Map<string, GraphInstance>() }: TopologyGraph): string {
  const entries = [...instances].sort(([a], [b]) => compareBytes(a, b));
  return `{"instances":[${entries.map(([, instance]) => instanceJson(instance)).join(",")}]}`;
}

/** Labels are left out where there are none; layers that are not known at all are `null`. */
function instanceJson({ id, networkLayers, labels }: GraphInstance): string {
  const layers = networkLayers === null ? "null" : `[${networkLayers.map(goJsonString).join(",")}]`;
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([name, value]) => `${goJsonString(name)}:${goJsonString(value)}`);
  const tail = pairs.length === 0 ? "" : `,"labels":{${pairs.join(",")}}`;
  return `{"id":${goJsonString(id)},"network_layers":${layers}${tail}}`;
}
