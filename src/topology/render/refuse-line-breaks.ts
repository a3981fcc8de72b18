import type { TreeLayout } from "../graph/layout-tree.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";
import type { DomainBlock } from "./domain-blocks.ts";

/**
 * Throws `TopologyError` (400) for a name with a line break: written into `topology.conf` it would be a line of its own,
 * which anybody who names a node or a switch could have Slurm read.
 */
export function refuseLineBreaksInTree({ switches, nodes }: TreeLayout): void {
  for (const { id, name } of switches) {
    refuseLineBreak(id);
    refuseLineBreak(name);
  }
  for (const { name } of nodes) refuseLineBreak(name);
}

/** As for a tree, for the names of domains, of sub-domains and of their nodes. */
export function refuseLineBreaksInDomains(domains: readonly DomainBlock[]): void {
  for (const { domain, hosts } of domains) {
    refuseLineBreak(domain);
    for (const { subDomain, nodeName } of hosts) {
      if (subDomain !== undefined) refuseLineBreak(subDomain);
      refuseLineBreak(nodeName);
    }
  }
}

function refuseLineBreak(name: string): void {
  if (!name.includes("\n") && !name.includes("\r")) return;
  throw new TopologyError(400, `name ${quoteGo(name)} has a line break, which Slurm would read as a line of its own`);
}
