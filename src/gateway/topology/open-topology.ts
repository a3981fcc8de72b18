import { assembleTopology } from "../../assemble-topology.ts";
import { readEnvironment, setVariable } from "../../environment.ts";
import { systemClock } from "../../jobs/clock.ts";
import { engineKinds } from "../../topology/engines/registry.ts";
import { providerKinds } from "../../topology/providers/registry.ts";
import { noDefaults } from "../../topology/request/request-defaults.ts";
import { createMemoryTopologyStore } from "../../topology/service/memory-topology-store.ts";
import type { TopologyHost } from "../../topology/topology-host.ts";
import type { TopologyStore } from "../../topology/topology-store.ts";
import { readTopologyConfig, type TopologyConfig } from "./read-topology-config.ts";
import type { TopologyDoorDeps } from "./topology-door.ts";
import { TopologyMeasures } from "./topology-measures.ts";

/** How long a request waits for another of its id, where no configuration says it. */
const defaultDelayMs = 1_000;

export interface TopologyOpening {
  /** Requests say everything themselves where there is none. */
  readonly config: TopologyConfig | undefined;
  /** The history ends with the process where there is none. */
  readonly store: TopologyStore | undefined;
  readonly log: TopologyHost["log"];
  readonly version: string;
  /** Whether the numbers of the process itself are told, too. */
  readonly withProcess: boolean;
}

/**
 * Opens what a door to topology stands on, and sets the variables of the configuration for this process. Disposing ends what
 * is under way. Throws `STORE_UNAVAILABLE`.
 */
export async function openTopology(opening: TopologyOpening): Promise<TopologyDoorDeps & AsyncDisposable> {
  const { config, store = createMemoryTopologyStore(), log, version, withProcess } = opening;
  for (const warning of config?.warnings ?? []) log("warning", warning);
  for (const [name, value] of config?.env ?? []) {
    const before = readEnvironment()["PATH"];
    setVariable(name, name === "PATH" && before !== undefined ? `${before}:${value}` : value);
    log("info", `Updated env ${name}`);
  }
  const measures = new TopologyMeasures({ version, withProcess });
  const service = await assembleTopology({
    environment: readEnvironment(),
    metrics: measures,
    log,
    store,
    clock: systemClock,
    delayMs: config?.delayMs ?? defaultDelayMs,
    measure: ({ provider, engine }, status, seconds) =>
      measures.countRequest({ provider: provider.name, engine: engine.name, status, seconds }),
    credentials: config?.credentials,
    pageSize: config?.pageSize,
  });
  return {
    service,
    providers: providerKinds,
    engines: engineKinds,
    defaults: config?.defaults ?? noDefaults,
    measures,
    log,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** As `readTopologyConfig`, with the providers and engines that there are. */
export function readTopologyFile(file: string): Promise<TopologyConfig> {
  return readTopologyConfig(file, { providers: providerKinds.kinds, engines: engineKinds.kinds });
}
