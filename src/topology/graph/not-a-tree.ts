import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";

/** A switch or node that has two places, which one id cannot have; the words are Topograph's. */
export function reachedTwice(id: string): TopologyError {
  return new TopologyError(400, `vertex ${quoteGo(id)} is reachable more than once; topology must be a tree`);
}

/** A switch that is its own parent, or a node that stands under a switch of its own id. */
export function selfEdge(id: string): TopologyError {
  return new TopologyError(400, `vertex ${quoteGo(id)} contains a self-edge`);
}
