import { compressNames } from "../names/compress-names.ts";
import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";

/**
 * Names of nodes as `pdsh -w` takes them, in ranges. Names come with requests, and pdsh reads more than names: `^file`,
 * `/pattern/`, `-name`, `user@host`. Throws `TopologyError` (400) for a name that could be anything else.
 */
export function pdshTargets(names: Iterable<string>): string {
  const unique = [...new Set(names)];
  const odd = unique.find((name) => !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name));
  if (odd !== undefined) throw new TopologyError(400, `node name ${quoteGo(odd)} cannot be handed to pdsh`);
  return compressNames(unique).join(",");
}
