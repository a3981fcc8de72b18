import type { Clock } from "./jobs/clock.ts";
import { isBeforeRestart, isDeadHolder, nameHolder } from "./assemble-holder.ts";
import { createLocalRunner } from "./remote/local-runner.ts";
import { engineKinds } from "./topology/engines/registry.ts";
import type { KubernetesApi } from "./topology/kubernetes-api.ts";
import { readModelFile } from "./topology/model-files.ts";
import type { ParamMap } from "./topology/params/param-value.ts";
import { providerKinds } from "./topology/providers/registry.ts";
import type { TopologyRequest } from "./topology/request/topology-request.ts";
import { runTopology } from "./topology/service/run-topology.ts";
import { TopologyService } from "./topology/service/topology-service.ts";
import type { TopologyHost } from "./topology/topology-host.ts";
import type { TopologyMetrics } from "./topology/topology-metrics.ts";
import type { TopologyStore } from "./topology/topology-store.ts";

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
  let kubernetes: Promise<KubernetesApi> | undefined;
  return {
    environment,
    runner: createLocalRunner({ env: environment }),
    metrics,
    log,
    readModel: readModelFile,
    kubernetes() {
      kubernetes ??= openKubernetes(environment, log);
      // What is not there now may be there at the next attempt.
      kubernetes.catch(() => (kubernetes = undefined));
      return kubernetes;
    },
  };
}

/** Loaded where it is needed: few requests are. */
async function openKubernetes(
  environment: TopologyHostOptions["environment"],
  log: TopologyHost["log"],
): Promise<KubernetesApi> {
  const { openKubernetes: open } = await import("./topology/kubernetes/open-kubernetes.ts");
  return open({ environment, log: (message) => log("warning", message) });
}

const unmeasured: TopologyMetrics = { mark: () => {}, observe: () => {} };

/** One attempt of a request may take so long: whoever has a hundred thousand nodes in Kubernetes waits for minutes. */
const attemptMs = 15 * 60_000;

export interface TopologyServiceOptions extends TopologyHostOptions {
  readonly store: TopologyStore;
  readonly clock: Clock;
  /** See `TopologyServiceDeps`. */
  readonly delayMs: number;
  readonly measure: (request: TopologyRequest, status: number, seconds: number) => void;
  /** For requests that bring none of their own. */
  readonly credentials?: ParamMap | undefined;
  readonly pageSize?: number | undefined;
}

/** A service over all providers and engines. Throws `STORE_UNAVAILABLE`. */
export function assembleTopology(options: TopologyServiceOptions): Promise<TopologyService> {
  const { store, clock, delayMs, measure, credentials, pageSize, log = () => {} } = options;
  const deps = { host: topologyHost(options), providers: providerKinds, engines: engineKinds, credentials, pageSize };
  return TopologyService.open({
    store,
    clock,
    delayMs,
    attemptMs,
    measure,
    log,
    holder: nameHolder(),
    // Where that was wrong, the next change of the request says how it stands.
    isDead: (holder) => isDeadHolder(holder) || isBeforeRestart(holder),
    run: (request, signal) => runTopology(request, deps, signal),
    answersOnly,
  });
}

function answersOnly({ engine: { name, params = new Map() } }: TopologyRequest): boolean {
  try {
    return engineKinds.get(name).answersOnly?.(params) ?? false;
  } catch {
    // Wrong parameters are told by the attempt itself.
    return false;
  }
}
