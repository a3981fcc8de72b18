import { quoteGo } from "../names/quote-go.ts";
import { TopologyError } from "../topology-error.ts";

/**
 * The nodes of a partition as `scontrol show partition NAME` prints them: names and ranges of names, none for `NONE`.
 * Throws `TopologyError` (500) where it prints no `Nodes=`.
 */
export function parsePartitionNodes(partition: string, text: string): readonly string[] {
  const [, listed] = /[\t\n\f\r ]Nodes=([^\t\n\f\r ]+)/.exec(text) ?? [];
  if (listed === undefined) throw new TopologyError(500, `partition ${quoteGo(partition)} has no nodes`);
  return listed === "NONE" ? [] : splitOutsideBrackets(listed);
}

/** Parts a list at the commas between its entries, those within `[...]` left out. */
function splitOutsideBrackets(list: string): readonly string[] {
  const entries: string[] = [];
  let start = 0;
  let inBrackets = false;
  for (let at = 0; at < list.length; at++) {
    if (list[at] === "[") inBrackets = true;
    else if (list[at] === "]") inBrackets = false;
    else if (list[at] === "," && !inBrackets) {
      entries.push(list.slice(start, at));
      start = at + 1;
    }
  }
  return [...entries, list.slice(start)].filter((entry) => entry !== "");
}
