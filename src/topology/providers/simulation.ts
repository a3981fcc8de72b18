import { buildGraph } from "../graph/build-graph.ts";
import type { ComputeInstances, InstanceTopology } from "../graph/topology-graph.ts";
import type { Model, ModelPlace } from "../models/model.ts";
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

/** What is told of each requested instance that is among these nodes; those of which nothing is told are left out. */
export function eachRequested(
  nodes: Model["nodes"],
  { instances }: ComputeInstances,
  tell: (instanceId: string, place: ModelPlace) => InstanceTopology | undefined,
): readonly InstanceTopology[] {
  const told: InstanceTopology[] = [];
  for (const instanceId of instances.keys()) {
    const place = nodes.get(instanceId);
    const topology = place && tell(instanceId, place);
    if (topology !== undefined) told.push(topology);
  }
  return told;
}

/** An instance as a cloud tells of it that knows what the model says, but for sub-domains. */
export function topologyOf(instanceId: string, { tiers, labels, domain }: ModelPlace): InstanceTopology {
  return domain === undefined ? { instanceId, tiers, labels } : { instanceId, tiers, labels, domain };
}

/** How a simulated cloud answers where it is asked to fail. */
export function apiFailure(doing: string): TopologyError {
  return new TopologyError(502, `${doing}: API error`);
}
