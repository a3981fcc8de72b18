import { buildGraph } from "../graph/build-graph.ts";
import type { ComputeInstances, InstanceTopology } from "../graph/topology-graph.ts";
import type { Model, ModelNode } from "../models/model.ts";
import { readModel } from "../models/read-model.ts";
import { decodeParams } from "../params/decode-params.ts";
import type { ParamTable } from "../params/param-table.ts";
import type { ParamMap } from "../params/param-value.ts";
import type { ProviderKind } from "../provider.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";

/** What every simulation takes. */
export const simulationParams = {
  modelFileName: {
    type: "string",
    doc: "The model: the name of one that comes with Sluice (`sluice topology models`), or the path of a file.",
    required: true,
  },
  model_path: { type: "string", doc: "Another name of `modelFileName`." },
  api_error: {
    type: "int",
    doc: "The number of a fault that the simulated cloud shall have; numbers that mean none do nothing.",
    shownDefault: "0",
  },
  trimTiers: { type: "int", doc: "How many tiers to leave out from the top.", shownDefault: "0" },
} as const satisfies ParamTable;

/** What a simulated cloud is asked with. */
export interface Simulation {
  readonly model: Model;
  /** The fault that is asked for; 0 for none. */
  readonly apiError: number;
  /** The parameters as they came, for those that only one cloud takes. */
  readonly given: ParamMap;
  readonly metrics: TopologyHost["metrics"];
}

/** A cloud as its simulation makes it up. */
export interface SimulatedCloud {
  /** As requests name it: `aws-sim`. */
  readonly kind: string;
  readonly summary: string;
  /** What it takes besides `simulationParams`. */
  readonly moreParams?: ParamTable;
  /** Switches are shown by names of their own. */
  readonly normalise?: boolean;
  /**
   * What the cloud says of the requested instances; of others too, if it likes, they are passed over. Throws
   * `TopologyError`, for faults that are asked for too.
   */
  discover(simulation: Simulation, request: readonly ComputeInstances[]): readonly InstanceTopology[];
}

/** Makes a provider of a simulated cloud. Its instances are the nodes of a model, each by its name. */
export function simulatedCloud(cloud: SimulatedCloud): ProviderKind {
  const { kind, summary, normalise = false } = cloud;
  return {
    kind,
    summary,
    params: { ...simulationParams, ...cloud.moreParams },
    creds: {},
    async open({ params: given }, host, signal) {
      const params = decodeParams(simulationParams, given, { prefix: "error decoding params: " });
      const fileName = params.modelFileName || params.model_path || "";
      if (fileName === "") throw new TopologyError(400, "no model file name for simulation");
      const model = await loadModel(fileName, "failed to load model file", host, signal);
      const { metrics } = host;
      const onMissing = (node: string): void => metrics.mark("topograph_missing_topology", { provider: kind, node });
      return {
        computeInstances: async () =>
          model.regions.map(({ region, nodes }) => ({ region, instances: byThemselves(nodes) })),
        graph: async ({ instances }) => {
          const found = cloud.discover({ model, apiError: params.api_error ?? 0, given, metrics }, instances);
          return buildGraph(found, instances, { trimTiers: params.trimTiers ?? 0, normalise, onMissing });
        },
      };
    },
  };
}

/** Instances that are called as their nodes. */
function byThemselves(nodes: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const name of nodes) names.set(name, name);
  return names;
}

/** Reads a model. Throws `TopologyError` (400), whose message says first what failed. */
export async function loadModel(
  fileName: string,
  failure: string,
  host: Pick<TopologyHost, "readModel">,
  signal: AbortSignal,
): Promise<Model> {
  try {
    return await readModel(await host.readModel(fileName, signal), fileName);
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new TopologyError(400, `${failure}: ${reason}`, { cause: error });
  }
}

/** The nodes of the model that are requested; instances that it does not have are passed over. */
export function* requestedNodes(model: Model, { instances }: ComputeInstances): Generator<ModelNode> {
  for (const instanceId of instances.keys()) {
    const node = model.nodes.get(instanceId);
    if (node !== undefined) yield node;
  }
}

/** A node as a cloud tells of it that knows all that the model says, or other tiers and domains than those. */
export function placeOf(
  { name, labels, tiers, domain }: ModelNode,
  told?: Partial<Pick<InstanceTopology, "instanceId" | "tiers" | "domain" | "subDomain">>,
): InstanceTopology {
  const known = { instanceId: name, tiers, labels };
  const place = domain === undefined ? known : { ...known, domain };
  return told === undefined ? place : { ...place, ...told };
}

/** How a simulated cloud answers where it is asked to fail. */
export function apiFailure(doing: string): TopologyError {
  return new TopologyError(502, `${doing}: API error`);
}
