import type { DomainHost, DomainMap, TopologyGraph, Vertex } from "../src/topology/graph/topology-graph.ts";
import { expandNames } from "../src/topology/names/expand-names.ts";

/** A switch's switches by id, or its nodes as ranges of names. */
export type Branch = string | { readonly [id: string]: Branch };

/** Nodes of domains as ranges of names, or by sub-domain. */
export type Domains = { readonly [domain: string]: string | { readonly [subDomain: string]: string } };

/**
 * A graph as tests write it: `{ core: { leaf1: "n[1-2]", leaf2: "n3" } }`. Nodes have their names for instance ids.
 * Lists of several ranges are parted by blanks; nodes of the id `""` stand beside the switches.
 */
export function graphOf(tree: { readonly [id: string]: Branch } | undefined, domains?: Domains): TopologyGraph {
  return {
    ...(tree === undefined ? {} : { root: vertexOf("", tree) }),
    ...(domains === undefined ? {} : { domains: domainsOf(domains) }),
  };
}

export function domainsOf(domains: Domains): DomainMap {
  return new Map(
    Object.entries(domains).map(([domain, entry]) => {
      const hosts =
        typeof entry === "string"
          ? hostsOf(domain, undefined, entry)
          : Object.entries(entry).flatMap(([subDomain, nodes]) => hostsOf(domain, subDomain, nodes));
      return [domain, new Map(hosts.map((host) => [host.nodeName, host]))];
    }),
  );
}

function hostsOf(domain: string, subDomain: string | undefined, nodes: string): readonly DomainHost[] {
  return namesOf(nodes).map((nodeName) => ({
    domain,
    ...(subDomain === undefined ? {} : { subDomain }),
    instanceId: nodeName,
    nodeName,
  }));
}

function vertexOf(id: string, branch: Branch): Vertex {
  const children =
    typeof branch === "string"
      ? nodesOf(branch)
      : Object.entries(branch).flatMap(([child, below]) =>
          child === "" && typeof below === "string" ? nodesOf(below) : [vertexOf(child, below)],
        );
  return { id, name: "", children: new Map(children.map((child) => [child.id, child])) };
}

function nodesOf(ranges: string): readonly Vertex[] {
  return namesOf(ranges).map((name) => ({ id: name, name, children: new Map() }));
}

function namesOf(ranges: string): readonly string[] {
  return expandNames(ranges.split(" ").filter((entry) => entry !== ""));
}
