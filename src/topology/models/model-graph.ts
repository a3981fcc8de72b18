import type { DomainHost, GraphInstance, TopologyGraph, Vertex } from "../graph/topology-graph.ts";
import type { Model, ModelPlace } from "./model.ts";

interface GrowingVertex extends Vertex {
  readonly children: Map<string, Vertex>;
}

const childless: ReadonlyMap<string, Vertex> = new Map();

/**
 * The graph of a whole model as the model itself says it, with no cloud between. Switches without any node below them are
 * left out, for they would stand as nodes without a name. Nodes that hang off no switch have their place in domains alone.
 *
 * @param instanceIdOf The instance id of a node by its name.
 */
export function modelGraph(model: Model, instanceIdOf: (name: string) => string): TopologyGraph {
  const vertices = new Map<string, GrowingVertex>();
  const root: GrowingVertex = { id: "", name: "", children: new Map() };
  for (const { name, nodes } of model.switches.values()) {
    if (nodes.length === 0) continue;
    const leaf = grow(model, vertices, root, name);
    for (const node of nodes) {
      const id = instanceIdOf(node);
      leaf.children.set(id, { id, name: node, children: childless });
    }
  }
  const domains = new Map<string, Map<string, DomainHost>>();
  const instances = new Map<string, GraphInstance>();
  for (const [name, place] of model.nodes) {
    const id = instanceIdOf(name);
    addToDomain(domains, place, { instanceId: id, nodeName: name });
    instances.set(id, { id, networkLayers: place.tiers.length === 0 ? null : place.tiers, labels: place.labels });
  }
  return { root, ...(domains.size > 0 && { domains }), ...(instances.size > 0 && { instances }) };
}

/** The vertex of a switch, made with all those above it that are not there yet. */
function grow(
  { switches }: Model,
  vertices: Map<string, GrowingVertex>,
  root: GrowingVertex,
  name: string,
): GrowingVertex {
  const vertexOf = (id: string) => vertices.get(id) ?? { id, name: "", children: new Map<string, Vertex>() };
  const leaf = vertexOf(name);
  for (let at = leaf; !vertices.has(at.id);) {
    vertices.set(at.id, at);
    const parent = switches.get(at.id)?.parent;
    const above = parent === undefined ? root : vertexOf(parent);
    above.children.set(at.id, at);
    if (above === root) break;
    at = above;
  }
  return leaf;
}

function addToDomain(
  domains: Map<string, Map<string, DomainHost>>,
  { domain, subDomain }: ModelPlace,
  node: Pick<DomainHost, "instanceId" | "nodeName">,
): void {
  if (domain === undefined) return;
  const host: DomainHost = { domain, ...(subDomain !== undefined && { subDomain }), ...node };
  const hosts = domains.get(domain);
  if (hosts === undefined) domains.set(domain, new Map([[node.nodeName, host]]));
  else hosts.set(node.nodeName, host);
}
