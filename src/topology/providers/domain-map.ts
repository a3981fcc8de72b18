import type { DomainHost, DomainMap } from "../graph/topology-graph.ts";

/** Hosts by domain and name; a host without a domain is passed over, and of two by one name in a domain the last one counts. */
export function domainMap(hosts: Iterable<DomainHost>): DomainMap {
  const domains = new Map<string, Map<string, DomainHost>>();
  for (const host of hosts) {
    if (host.domain === "") continue;
    const members = domains.get(host.domain);
    if (members === undefined) domains.set(host.domain, new Map([[host.nodeName, host]]));
    else members.set(host.nodeName, host);
  }
  return domains;
}
