import type { ComputeInstances, GraphInstance, TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import { modelGraph } from "../models/model-graph.ts";
import { quoteGo } from "../names/quote-go.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ParamTable } from "../params/param-table.ts";
import type { ParamMap } from "../params/param-value.ts";
import type { ProviderKind } from "../provider.ts";
import { TopologyError } from "../topology-error.ts";
import { loadModel } from "./simulation.ts";

const params = {
  testcaseName: { type: "string", doc: "For people; it makes the request's id another one, and does nothing else." },
  description: { type: "string", doc: "For people." },
  generateResponseCode: {
    type: "int",
    doc: "With what `/v1/generate` answers: 202, or a failure from 400 to 599.",
    shownDefault: "202",
  },
  topologyResponseCode: {
    type: "int",
    doc: "With what the result answers: 200, a failure from 400 to 599, which is tried again where such failures are, or 202, which stays.",
    shownDefault: "200",
  },
  errorMessage: { type: "string", doc: "The body of a failure, and of the 202 that stays." },
  modelFileName: {
    type: "string",
    doc: "The name of a model that comes with Sluice, to be given as it is, whatever nodes are requested.",
    shownDefault: "a tree of three switches and six nodes",
  },
} as const satisfies ParamTable;

/** Answers as a test wants it, with topologies and with failures, for those who write clients. */
export const testProvider: ProviderKind = {
  kind: "test",
  summary: "Answers that a test asks for: a built-in topology, that of a model, or a failure.",
  params,
  creds: {},
  admit(given) {
    const { generateResponseCode = 202, errorMessage = "" } = decode(given);
    if (isFailure(generateResponseCode)) throw new TopologyError(generateResponseCode, errorMessage);
    if (generateResponseCode !== 202) throw new TopologyError(400, "Unsupported response code.");
  },
  async open({ params: given }, host, signal) {
    const { topologyResponseCode = 200, errorMessage = "", modelFileName = "" } = decode(given);
    if (isFailure(topologyResponseCode) || topologyResponseCode === 202) {
      throw new TopologyError(topologyResponseCode, errorMessage);
    }
    if (topologyResponseCode !== 200) {
      throw new TopologyError(400, `Invalid topology response code: ${topologyResponseCode}`);
    }
    if (modelFileName === "")
      return { computeInstances: async () => nodesOf(builtInNodes), graph: async () => builtInGraph };
    if (modelFileName.includes("/")) {
      throw new TopologyError(400, `modelFileName ${quoteGo(modelFileName)} must be a bare filename, not a path`);
    }
    const model = await loadModel(modelFileName, `failed to read model file ${modelFileName}`, host, signal);
    const names = new Map(Array.from(model.nodes.keys(), (name) => [instanceIdOf(name), name]));
    const graph = modelGraph(model, instanceIdOf);
    return {
      computeInstances: async () => nodesOf(names),
      graph: async ({ instances }) => withInstances(graph, instances),
    };
  },
};

function decode(given: ParamMap) {
  return decodeParams(params, given, { prefix: "error decoding params: " });
}

function isFailure(code: number): boolean {
  return code >= 400 && code <= 599;
}

function instanceIdOf(nodeName: string): string {
  return `i-${nodeName}`;
}

/** All nodes, in no region. */
function nodesOf(instances: ReadonlyMap<string, string>): readonly ComputeInstances[] {
  return [{ region: "", instances }];
}

/** The tree stays whole whatever is requested; only the list of instances is of those requested, where there are any. */
function withInstances(graph: TopologyGraph, request: readonly ComputeInstances[]): TopologyGraph {
  const wanted = new Set(request.flatMap(({ instances }) => [...instances.keys()]));
  const { instances = new Map<string, GraphInstance>(), ...rest } = graph;
  if (wanted.size === 0) return graph;
  const kept = new Map([...instances].filter(([id]) => wanted.has(id)));
  return kept.size === 0 ? rest : { ...rest, instances: kept };
}

/** Instance ids and names of the built-in tree, by leaf switch. */
const builtInLeaves: Readonly<Record<string, readonly (readonly [id: string, name: string])[]>> = {
  S2: [
    ["I21", "Node201"],
    ["I22", "Node202"],
    ["I25", "Node205"],
  ],
  S3: [
    ["I34", "Node304"],
    ["I35", "Node305"],
    ["I36", "Node306"],
  ],
};
const builtInNodes: ReadonlyMap<string, string> = new Map(Object.values(builtInLeaves).flat());
const builtInGraph: TopologyGraph = {
  root: vertex("", [
    vertex(
      "S1",
      Object.entries(builtInLeaves).map(([leaf, nodes]) =>
        vertex(
          leaf,
          nodes.map(([id, name]) => vertex(id, [], name)),
        ),
      ),
    ),
  ]),
};

function vertex(id: string, children: readonly Vertex[], name = ""): Vertex {
  return { id, name, children: new Map(children.map((child) => [child.id, child])) };
}
