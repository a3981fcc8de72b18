import { setImmediate as turn } from "node:timers/promises";
import type { Registry } from "../../registry.ts";
import type { Engine, EngineKind } from "../engine.ts";
import type { ComputeInstances } from "../graph/topology-graph.ts";
import type { ParamMap } from "../params/param-value.ts";
import type { Provider, ProviderKind } from "../provider.ts";
import type { TopologyRequest } from "../request/topology-request.ts";
import { TopologyError } from "../topology-error.ts";
import type { TopologyHost } from "../topology-host.ts";

/** What topology is made with. */
export interface TopologyDeps {
  readonly host: TopologyHost;
  readonly providers: Registry<ProviderKind>;
  readonly engines: Registry<EngineKind>;
  /** For requests that bring none of their own. */
  readonly credentials?: ParamMap | undefined;
  /** Instances in one page of a source that has pages; the provider's own where left out. */
  readonly pageSize?: number | undefined;
}

/**
 * One attempt: the provider discovers, the engine writes. The body is what the request answers with. Throws
 * `TopologyError`, whose status says whether another attempt may help.
 */
export async function runTopology(
  request: TopologyRequest,
  deps: TopologyDeps,
  signal: AbortSignal,
): Promise<{ readonly body: string }> {
  const { host, pageSize } = deps;
  const engine = await kindOf("engine", deps.engines, request.engine.name).open(
    request.engine.params ?? new Map(),
    host,
    signal,
  );
  const given = request.provider.creds;
  const creds = toCredentials((given?.size ?? 0) > 0 ? given : deps.credentials);
  const params = request.provider.params ?? new Map();
  const provider = await kindOf("provider", deps.providers, request.provider.name).open(
    { creds, params },
    host,
    signal,
  );
  const instances = await instancesOf(request.nodes ?? [], { provider, engine, signal });
  // Each of these takes a fraction of a second for 100,000 nodes, and others wait for this thread meanwhile.
  await turn();
  const graph = await provider.graph({ instances, ...(pageSize !== undefined && { pageSize }) }, signal);
  await turn();
  return { body: await engine.output(graph, signal) };
}

/**
 * What the request names, else what the provider knows, else what the engine finds. A provider that knows of no instance is
 * believed: the engine is not asked then.
 */
async function instancesOf(
  given: readonly ComputeInstances[],
  { provider, engine, signal }: { readonly provider: Provider; readonly engine: Engine; readonly signal: AbortSignal },
): Promise<readonly ComputeInstances[]> {
  if (given.length > 0 || provider.computeInstances === undefined) return engine.resolve(given, provider, signal);
  const known = await provider.computeInstances(signal);
  return known.length === 0 ? known : engine.resolve(known, provider, signal);
}

function kindOf<T extends { readonly kind: string }>(what: string, kinds: Registry<T>, name: string): T {
  if (!kinds.kinds.includes(name)) throw new TopologyError(400, `unsupported ${what} ${name}`);
  return kinds.get(name);
}

/** Numbers and truths are read as the text that they were written as, `null` as nothing. Throws `TopologyError` (400). */
export function toCredentials(given: ParamMap | undefined): ReadonlyMap<string, string> {
  const creds = new Map<string, string>();
  for (const [name, value] of given ?? []) {
    if (value === null) continue;
    if (typeof value === "object")
      throw new TopologyError(400, `credentials error: '${name}' is neither text nor number`);
    creds.set(name, String(value));
  }
  return creds;
}
