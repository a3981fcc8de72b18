import { createLocalRunner } from "../src/remote/local-runner.ts";
import { engineKinds } from "../src/topology/engines/registry.ts";
import type { ComputeInstances } from "../src/topology/graph/topology-graph.ts";
import { readModelFile } from "../src/topology/model-files.ts";
import { toParamMap } from "../src/topology/params/to-param-map.ts";
import { providerKinds } from "../src/topology/providers/registry.ts";
import { runTopology } from "../src/topology/service/run-topology.ts";
import { TopologyError } from "../src/topology/topology-error.ts";
import type { TopologyHost } from "../src/topology/topology-host.ts";

/** A host with the models that come with Sluice, further ones by the names that a test gives them, and this machine's files. */
export interface ModelHost extends TopologyHost {
  /** What was counted: `topograph_missing_topology{"provider":"aws-sim","node":"n1"}`, in order. */
  readonly marks: readonly string[];
}

export function modelHost(models: Readonly<Record<string, string>> = {}): ModelHost {
  const marks: string[] = [];
  return {
    marks,
    environment: {},
    runner: createLocalRunner({ env: {} }),
    kubernetes: () => Promise.reject(new Error("there is no Kubernetes here")),
    readModel: (fileName, signal) => {
      const text = models[fileName];
      return text === undefined ? readModelFile(fileName, signal) : Promise.resolve(text);
    },
    metrics: {
      mark: (metric, labels) => marks.push(`${metric}${JSON.stringify(labels)}`),
      observe: () => undefined,
    },
    log: () => undefined,
  };
}

export interface SimulatedRequest {
  readonly provider: string;
  readonly params?: object;
  /** `slurm` where left out. */
  readonly engine?: string;
  readonly engineParams?: object;
  /** Names of nodes by instance id, by region; what the provider knows where left out. */
  readonly nodes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pageSize?: number;
}

/** One attempt of a request, from discovery to bytes: the body, or the failure as `502 words`. */
export async function generate(request: SimulatedRequest, host: TopologyHost = modelHost()): Promise<string> {
  const { provider, params, engine = "slurm", engineParams, nodes, pageSize } = request;
  try {
    const { body } = await runTopology(
      {
        provider: { name: provider, creds: undefined, params: params && toParamMap(params) },
        engine: { name: engine, params: engineParams && toParamMap(engineParams) },
        nodes: nodes && regionsOf(nodes),
      },
      { host, providers: providerKinds, engines: engineKinds, ...(pageSize !== undefined && { pageSize }) },
      new AbortController().signal,
    );
    return body;
  } catch (error) {
    if (error instanceof TopologyError) return `${error.status} ${error.message}`;
    throw error;
  }
}

function regionsOf(nodes: NonNullable<SimulatedRequest["nodes"]>): readonly ComputeInstances[] {
  return Object.entries(nodes).map(([region, instances]) => ({
    region,
    instances: new Map(Object.entries(instances)),
  }));
}
