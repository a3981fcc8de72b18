import { join } from "node:path";
import { assembleEngine, type AssembledEngine } from "../../assemble-engine.ts";
import type { Config } from "../../config.ts";
import { systemClock } from "../../jobs/clock.ts";
import type { JobStore } from "../../jobs/store.ts";
import { openStore } from "../../store/registry.ts";

export interface EngineSettings {
  /** Instead of the store of the settings. */
  readonly store?: string | undefined;
  readonly cwd: string;
  readonly report?: (error: unknown) => void;
}

/** The engine of this process, over the local store or the one that is named. Throws as `openStore` does. */
export function openEngine(config: Config, { store, ...options }: EngineSettings): Promise<AssembledEngine> {
  return assembleEngine({ ...config, ...(store !== undefined && { store }) }, options);
}

/** The store alone, for what needs no cluster. */
export function openJobStore(config: Config, store = config.store ?? join(config.home, "jobs.db")): Promise<JobStore> {
  return openStore({ url: store, clock: systemClock });
}
