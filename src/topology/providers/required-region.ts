import type { ComputeInstances } from "../graph/topology-graph.ts";
import { TopologyError } from "../topology-error.ts";

/** The region of a part of a request. Throws `TopologyError` (400) where none is named. */
export function requiredRegion({ region }: ComputeInstances): string {
  if (region === "") throw new TopologyError(400, "must specify region");
  return region;
}
