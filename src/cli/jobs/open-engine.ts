import { assembleEngine, type AssembledEngine, type EngineOptions } from "../../assemble-engine.ts";
import type { Config } from "../../config.ts";
import { systemClock } from "../../jobs/clock.ts";
import { openStore } from "../../store/registry.ts";
import type { OpenStore } from "../../store/store-kind.ts";

export interface EngineSettings extends EngineOptions {
  /** Instead of the store of the settings. */
  readonly store?: string | undefined;
}

/** The engine of this process, over the local store or the one that is named. Throws as `openStore` does. */
export function openEngine(
  config: Config,
  { store = config.store, ...options }: EngineSettings,
): Promise<AssembledEngine> {
  return assembleEngine({ ...config, store }, options);
}

/** The store alone, for what needs no cluster. */
export function openJobStore({ store: kept }: Config, store = kept): Promise<OpenStore> {
  return openStore({ url: store, clock: systemClock });
}
