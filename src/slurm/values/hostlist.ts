import { SluiceError } from "../../errors.ts";
import { formatInvalid, quoteValue } from "./format-invalid.ts";
import { compareNaturally } from "./natural-order.ts";

/** Most names that `expandHostlist` makes unless told otherwise. */
const defaultLimit = 100_000;

/** Most hosts in one range, as in Slurm ("Too many hosts in range"). */
const longestRange = 65_536;

/** Longest name that a host can have (POSIX `HOST_NAME_MAX`). */
const longestName = 255;

/** Numbers of more digits are no longer exact; a name that ends in one is kept whole. */
const mostDigits = 15;

interface Range {
  readonly first: number;
  readonly count: number;
  /** Digits of each number at least; shorter ones get leading zeros. */
  readonly width: number;
}

/** One entry of a hostlist: `literals[0] + dimensions[0] + literals[1] + dimensions[1]`, or one literal alone. */
interface Entry {
  readonly literals: readonly string[];
  readonly dimensions: readonly (readonly Range[])[];
}

/**
 * The names of a hostlist in the order of `scontrol show hostnames`, duplicates included: `r[1-2]n[01-03]`,
 * `n[1-3,5,08-10]`, entries separated by commas or blanks. As in Slurm, nothing may follow an entry's last bracket
 * (`n[1-2]-ib`), and one range has at most 65,536 numbers.
 *
 * Where Slurm 22.05 makes a guess, this refuses: a bracket that is not closed or not opened (`n[1`, `n1]`), a range without
 * its end (`n[1-]`), blanks in brackets, range numbers of more than 15 digits, names of more than 255 characters.
 *
 * Throws `FORMAT_INVALID`, and `LIMIT_EXCEEDED` before anything is expanded where there would be more than
 * `options.limit` names (100,000 where absent).
 */
export function expandHostlist(text: string, options: { limit?: number } = {}): string[] {
  const limit = options.limit ?? defaultLimit;
  const entries = parseEntries(text);
  let total = 0;
  for (const { dimensions } of entries) {
    total += dimensions.reduce((product, ranges) => product * countOf(ranges), 1);
    if (total > limit) throw tooLarge(text, `has more than ${limit} names; ask for fewer at once`);
  }
  const names: string[] = [];
  for (const entry of entries) {
    for (const name of expandEntry(entry)) names.push(name);
  }
  return names;
}

function parseEntries(text: string): Entry[] {
  const separators = /[ \t\n,]*/y;
  const part = /([^ \t\n,[\]]*)(?:\[([^[\]]*)\])?/y;
  const entries: Entry[] = [];
  let at = 0;
  for (;;) {
    separators.lastIndex = at;
    separators.exec(text);
    const start = separators.lastIndex;
    if (start === text.length) return entries;
    const literals: string[] = [];
    const dimensions: (readonly Range[])[] = [];
    for (at = start; ; at = part.lastIndex) {
      part.lastIndex = at;
      const [whole = "", literal = "", list] = part.exec(text) ?? [];
      if (whole === "") break;
      literals.push(literal);
      if (list !== undefined) dimensions.push(parseRanges(list, text));
    }
    if (at < text.length && (text[at] === "[" || text[at] === "]")) {
      throw invalid(text, "a bracket is not closed, not opened or stands in another", "write n[1-3,5]");
    }
    if (dimensions.length > 0 && literals.length > dimensions.length) {
      const problem = `${quoteValue(literals.at(-1) ?? "")} follows the last bracket`;
      throw invalid(text, problem, "Slurm takes nothing there, so write these names out");
    }
    const entry = { literals, dimensions };
    if (lengthOfLongestName(entry) > longestName) {
      throw tooLarge(text, `has a name of more than ${longestName} characters`);
    }
    entries.push(entry);
  }
}

function parseRanges(list: string, text: string): readonly Range[] {
  return list.split(",").map((item) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(item);
    if (match === null) {
      throw invalid(text, `${quoteValue(item)} is neither a number nor a range`, "write brackets as in n[1-3,5,08-10]");
    }
    const [, low = "", high = low] = match;
    if (low.length > mostDigits || high.length > mostDigits) {
      throw invalid(text, `a number in brackets has more than ${mostDigits} digits`, "write these names out");
    }
    const count = Number(high) - Number(low) + 1;
    if (count < 1) throw invalid(text, `the range ${item} runs backwards`, "put the smaller number first");
    if (count > longestRange)
      throw tooLarge(text, `has a range of ${count} hosts; Slurm takes at most ${longestRange}`);
    return { first: Number(low), count, width: low.length };
  });
}

function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, range) => sum + range.count, 0);
}

function lengthOfLongestName({ literals, dimensions }: Entry): number {
  return dimensions
    .map((ranges) => ranges.reduce((longest, range) => Math.max(longest, lastNumberOf(range).length), 0))
    .reduce((sum, digits) => sum + digits, literals.join("").length);
}

/** Slurm lets the last bracket run fastest, then the first, the second, and so on. */
function* expandEntry({ literals, dimensions }: Entry): Generator<string> {
  const numbers = dimensions.map((ranges) => ranges.flatMap(numbersOf));
  const position = numbers.map(() => 0);
  const fastestFirst = [...numbers.keys()];
  fastestFirst.unshift(...fastestFirst.splice(-1));
  for (;;) {
    yield literals.map((literal, i) => literal + (numbers[i]?.[position[i] ?? 0] ?? "")).join("");
    const moved = fastestFirst.find((i) => {
      const next = ((position[i] ?? 0) + 1) % (numbers[i]?.length ?? 1);
      position[i] = next;
      return next !== 0;
    });
    if (moved === undefined) return;
  }
}

function numbersOf({ first, count, width }: Range): string[] {
  return Array.from({ length: count }, (_, i) => String(first + i).padStart(width, "0"));
}

function lastNumberOf({ first, count, width }: Range): string {
  return String(first + count - 1).padStart(width, "0");
}

/**
 * One hostlist for these names, sorted and with its duplicates, as `scontrol show hostlistsorted` writes it:
 * `n2,n1,n10,m1` is `m1,n[1-2,10]`. `expandHostlist` of it gives the same names.
 *
 * Two differences from Slurm 22.05. Where one prefix has numbers both with and without leading zeros (`n9,n09,n10`),
 * Slurm's grouping depends on the course of its sort; here a number joins the padded numbers of the greatest width that it
 * fills. And ranges are cut at 65,536 numbers, which is all that Slurm reads back.
 *
 * Throws `FORMAT_INVALID` for a name that is empty or holds a comma, blank or bracket.
 */
export function compressHostlist(names: readonly string[]): string {
  const byPrefix = new Map<string, { plain: number; suffixes: string[] }>();
  for (const name of names) {
    if (!/^[^ \t\n,[\]]+$/.test(name)) throw invalid(name, "not the name of one host", "give names, not lists of them");
    const digits = trailingDigits(name);
    const prefix = name.slice(0, name.length - digits.length);
    const group = byPrefix.get(prefix) ?? { plain: 0, suffixes: [] };
    if (digits === "") group.plain += 1;
    else group.suffixes.push(digits);
    byPrefix.set(prefix, group);
  }
  return [...byPrefix]
    .sort(([left], [right]) => compareNaturally(left, right))
    .flatMap(([prefix, { plain, suffixes }]) => [
      ...Array.from({ length: plain }, () => prefix),
      ...(suffixes.length > 0 ? [prefix + formatSuffixes(suffixes)] : []),
    ])
    .join(",");
}

function trailingDigits(name: string): string {
  let start = name.length;
  while (start > 0 && /\d/.test(name.charAt(start - 1))) start -= 1;
  return name.length - start > mostDigits ? "" : name.slice(start);
}

function formatSuffixes(suffixes: readonly string[]): string {
  if (suffixes.length === 1) return suffixes[0] ?? "";
  const ranges = toRanges(suffixes).map((range) => {
    const low = String(range.first).padStart(range.width, "0");
    return range.count === 1 ? low : `${low}-${lastNumberOf(range)}`;
  });
  return `[${ranges.join(",")}]`;
}

function toRanges(suffixes: readonly string[]): Range[] {
  const isPadded = (digits: string): boolean => digits.length > 1 && digits.startsWith("0");
  const widths = [...new Set(suffixes.filter(isPadded).map((digits) => digits.length))].sort((a, b) => b - a);
  const numbers = suffixes
    .map((digits) => ({ number: Number(digits), width: widths.find((width) => width <= digits.length) ?? 1 }))
    .sort((a, b) => a.width - b.width || a.number - b.number);
  const ranges: Range[] = [];
  for (const { number, width } of numbers) {
    const last = ranges.at(-1);
    if (last?.width === width && last.first + last.count === number && last.count < longestRange) {
      ranges[ranges.length - 1] = { ...last, count: last.count + 1 };
    } else {
      ranges.push({ first: number, count: 1, width });
    }
  }
  return ranges;
}

function invalid(text: string, problem: string, remedy: string): SluiceError {
  return formatInvalid("hostlist", text, problem, remedy);
}

function tooLarge(text: string, problem: string): SluiceError {
  return new SluiceError("LIMIT_EXCEEDED", `hostlist ${quoteValue(text)} ${problem}`);
}
