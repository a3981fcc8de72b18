import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";

/**
 * Throws `TopologyError` (400) for a name with a line break: written into `topology.conf` it would be a line of its own,
 * which anybody who names a node or a switch could have Slurm read.
 */
export function refuseLineBreaks(names: Iterable<string>): void {
  for (const name of names) {
    if (!/[\n\r]/.test(name)) continue;
    throw new TopologyError(400, `name ${quoteGo(name)} has a line break, which Slurm would read as a line of its own`);
  }
}
