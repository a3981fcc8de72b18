import type { Registry } from "../../registry.ts";
import type { EngineKind } from "../engine.ts";
import type { ComputeInstances } from "../graph/topology-graph.ts";
import type { Provider, ProviderKind } from "../provider.ts";
import type { TopologyRequest } from "../request/topology-request.ts";
import type { TopologyHost } from "../topology-host.ts";

/** What topology is made with. */
export interface TopologyDeps {
  readonly host: TopologyHost;
  readonly providers: Registry<ProviderKind>;
  readonly engines: Registry<EngineKind>;
  /** For requests that bring none of their own. */
  readonly credentials?: ReadonlyMap<string, string>;
  /** Instances in one page of a source that has pages; the provider's own where left out. */
  readonly pageSize?: number;
}

/**
 * One attempt: the provider discovers, the engine writes. The body is what the request answers with. Throws
 * `TopologyError`, whose status says whether another attempt may help.
 */
export async function runTopology(
  request: TopologyRequest,
  { host, providers, engines, credentials, pageSize }: TopologyDeps,
  signal: AbortSignal,
): Promise<{ readonly body: string }> {
  const given = request.provider.creds;
  const creds = given === undefined || given.size === 0 ? (credentials ?? given) : given;
  const engine = await engines.get(request.engine.name).open(request.engine.params ?? new Map(), host, signal);
  const provider = await providers
    .get(request.provider.name)
    .open({ creds: creds ?? new Map(), params: request.provider.params ?? new Map() }, host, signal);
  const instances = await instancesOf(
    provider,
    request.nodes ?? [],
    (found) => engine.resolve(found, provider, signal),
    signal,
  );
  const graph = await provider.graph({ instances, ...(pageSize !== undefined && { pageSize }) }, signal);
  return { body: await engine.output(graph, signal) };
}

/** What the request names, else what the provider knows, be it nothing, else what the engine finds. */
async function instancesOf(
  provider: Provider,
  given: readonly ComputeInstances[],
  resolve: (given: readonly ComputeInstances[]) => Promise<readonly ComputeInstances[]>,
  signal: AbortSignal,
): Promise<readonly ComputeInstances[]> {
  if (given.length === 0 && provider.computeInstances !== undefined) return provider.computeInstances(signal);
  return resolve(given);
}
