import type { ComputeInstances } from "../graph/topology-graph.ts";
import { goJson } from "../request/go-json-writer.ts";
import type { TopologyRequest } from "../request/topology-request.ts";

/** Whether two requests of one id ask for the same: they may differ in nodes and credentials alone. */
export function asksForSame(a: TopologyRequest, b: TopologyRequest): boolean {
  const [nodesA, nodesB] = [a.nodes ?? [], b.nodes ?? []];
  if (nodesA.length !== nodesB.length) return false;
  if (goJson(a.provider.creds ?? null) !== goJson(b.provider.creds ?? null)) return false;
  return nodesA.every((region, index) => isSameRegion(region, nodesB[index]));
}

function isSameRegion(a: ComputeInstances, b: ComputeInstances | undefined): boolean {
  if (b === undefined || a.region !== b.region || a.instances.size !== b.instances.size) return false;
  for (const [id, name] of a.instances) if (b.instances.get(id) !== name) return false;
  return true;
}

/** How many instances a request names. */
export function countNodes({ nodes = [] }: TopologyRequest): number {
  let count = 0;
  for (const { instances } of nodes) count += instances.size;
  return count;
}
