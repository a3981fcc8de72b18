import { TopologyError } from "../topology-error.ts";

/** As many names as a list expands to unless the caller says otherwise; Topograph's limit for one partition. */
export const mostExpandedNames = 500_000;

/**
 * The names that lists of ranges stand for: `n[08-10,x]` is `n08 n09 n10 nx`. Only brackets that end an entry are read, and
 * commas within them: `n[1-2],m` is a name. Numbers are padded to the width of their range's first; a range that ends
 * before it begins is empty. Throws `TopologyError` (400) beyond `limit` names, before it makes them.
 */
export function expandNames(
  entries: readonly string[],
  options: { readonly limit?: number | undefined } = {},
): string[] {
  const limit = options.limit ?? mostExpandedNames;
  const names: string[] = [];
  const reserve = (count: number | bigint) => {
    if (count > limit - names.length) throw new TopologyError(400, `expanded node list exceeds ${limit} entries`);
  };
  for (const entry of entries) {
    const open = entry.endsWith("]") ? entry.indexOf("[") : -1;
    if (open === -1) {
      reserve(1);
      names.push(entry);
      continue;
    }
    const prefix = entry.slice(0, open);
    for (const part of entry.slice(open + 1, -1).split(",")) {
      const [low = "", high] = part.split("-", 2);
      if (high === undefined) {
        reserve(1);
        names.push(prefix + part);
        continue;
      }
      const [first, last] = [toNumber(low), toNumber(high)];
      if (last < first) continue;
      const count = last - first + 1n;
      reserve(count);
      pushRange(names, { prefix, first, count: Number(count), width: low.length });
    }
  }
  return names;
}

/** What is no number counts as 0, as with Topograph. */
function toNumber(text: string): bigint {
  return /^\+?\d+$/.test(text) ? BigInt(text.replace("+", "")) : 0n;
}

function pushRange(
  names: string[],
  range: { readonly prefix: string; readonly first: bigint; readonly count: number; readonly width: number },
): void {
  const { prefix, first, count, width } = range;
  const isExact = first + BigInt(count) <= BigInt(Number.MAX_SAFE_INTEGER);
  const exactFirst = Number(first);
  for (let index = 0; index < count; index++) {
    const number = isExact ? exactFirst + index : first + BigInt(index);
    names.push(prefix + String(number).padStart(width, "0"));
  }
}
