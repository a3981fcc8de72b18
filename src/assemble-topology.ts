import { readFile } from "node:fs/promises";
import { createLocalRunner } from "./remote/local-runner.ts";
import type { KubernetesApi } from "./topology/kubernetes-api.ts";
import type { TopologyHost } from "./topology/topology-host.ts";
import type { TopologyMetrics } from "./topology/topology-metrics.ts";

export interface TopologyHostOptions {
  /** The variables that providers and engines see, and that programs are started with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where measures go; nowhere where left out. */
  readonly metrics?: TopologyMetrics;
  /** Where lines for the operator go; nowhere where left out. */
  readonly log?: TopologyHost["log"];
}

/** What providers and engines touch of this machine. Nothing is opened before it is asked for. */
export function topologyHost({ environment, metrics = unmeasured, log = () => {} }: TopologyHostOptions): TopologyHost {
  return {
    environment,
    runner: createLocalRunner({ env: environment }),
    metrics,
    log,
    kubernetes: (): Promise<KubernetesApi> => Promise.reject(new Error("no Kubernetes API server is known")),
    readModel: (fileName, signal) => readFile(fileName, { encoding: "utf8", signal }),
  };
}

const unmeasured: TopologyMetrics = { mark: () => {}, observe: () => {} };
