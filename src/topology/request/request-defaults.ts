import type { ParamMap, ParamValue } from "../params/param-value.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyRequest } from "./topology-request.ts";

/** What a configuration says for requests that say nothing themselves. */
export interface RequestDefaults {
  readonly provider: string;
  readonly providerParams: ParamMap | undefined;
  readonly engine: string;
  readonly engineParams: ParamMap | undefined;
}

export const noDefaults: RequestDefaults = {
  provider: "",
  providerParams: undefined,
  engine: "",
  engineParams: undefined,
};

/** Lays a request over the defaults: names that are empty, and parameters one by one, are taken from there. */
export function withDefaults(request: TopologyRequest, defaults: RequestDefaults): TopologyRequest {
  const { provider, engine, nodes } = request;
  return {
    provider: {
      name: provider.name === "" ? defaults.provider : provider.name,
      creds: provider.creds,
      params: merged(provider.params, defaults.providerParams),
    },
    engine: {
      name: engine.name === "" ? defaults.engine : engine.name,
      params: merged(engine.params, defaults.engineParams),
    },
    nodes,
  };
}

function merged(given: ParamMap | undefined, defaults: ParamMap | undefined): ParamMap | undefined {
  if (defaults === undefined || defaults.size === 0) return given;
  return new Map<string, ParamValue>([...defaults, ...(given ?? [])]);
}

/** Throws `TopologyError` (400) unless provider and engine are named and known. */
export function checkNames(
  { provider, engine }: TopologyRequest,
  known: { readonly providers: readonly string[]; readonly engines: readonly string[] },
): void {
  checkName("provider", provider.name, known.providers);
  checkName("engine", engine.name, known.engines);
}

function checkName(what: "provider" | "engine", name: string, known: readonly string[]): void {
  if (name === "") throw new TopologyError(400, `no ${what} given for topology request`);
  if (!known.includes(name)) throw new TopologyError(400, `unsupported ${what} ${name}`);
}
