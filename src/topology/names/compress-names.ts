import { compareBytes } from "./compare-bytes.ts";

/**
 * Names as lists of ranges, as Slurm and Topograph write them: `n1 n2 n3 n5` is `n[1-3,5]`. A name is a prefix and all the
 * digits that end it; names with one prefix are one entry, entries stand in the order of their prefixes' bytes, numbers in
 * their own. Takes n log n time, and any order of names gives the same entries. A number that is there twice is written twice.
 *
 * As with Topograph a range takes its width from its first number alone: `z007 z008 z9` is `z[007-9]`. Only where one number
 * is there in two spellings (`n1 n01`) does a range hold nothing but numbers of one width, so that none is lost.
 */
export function compressNames(names: readonly string[]): string[] {
  return inOrder(names).map(({ prefix, numbers }) => {
    if (numbers.length === 0) return prefix;
    if (numbers.length === 1) return prefix + numbers[0]?.digits;
    return `${prefix}[${toRanges(numbers)}]`;
  });
}

/** What `compressNames` gives, joined by commas; each name by itself, in the same order, where `ranges` is `false`. */
export function nameList(names: readonly string[], options: { readonly ranges?: boolean } = {}): string {
  if (options.ranges !== false) return compressNames(names).join(",");
  return inOrder(names)
    .map(({ prefix, numbers }) =>
      numbers.length === 0 ? prefix : numbers.map(({ digits }) => prefix + digits).join(","),
    )
    .join(",");
}

interface Entry {
  readonly prefix: string;
  /** In order; empty for a name that does not end in a digit. */
  readonly numbers: Numbered[];
}

interface Numbered {
  readonly digits: string;
  /** A bigint where a number would not be exact. */
  readonly value: number | bigint;
}

/** As many digits as a number holds exactly, whatever they are. */
const exactDigits = 15;

function inOrder(names: readonly string[]): Entry[] {
  const unnumbered = new Set<string>();
  const byPrefix = new Map<string, Numbered[]>();
  for (const name of names) {
    const start = startOfDigits(name);
    if (start === name.length) {
      unnumbered.add(name);
      continue;
    }
    const digits = name.slice(start);
    const prefix = name.slice(0, start);
    const number = { digits, value: digits.length <= exactDigits ? Number(digits) : BigInt(digits) };
    const siblings = byPrefix.get(prefix);
    if (siblings === undefined) byPrefix.set(prefix, [number]);
    else siblings.push(number);
  }
  for (const numbers of byPrefix.values()) numbers.sort(compareNumbers);
  // The sort is stable: `abc` stays before the numbers of `abc`.
  return [
    ...Array.from(unnumbered, (prefix): Entry => ({ prefix, numbers: [] })),
    ...Array.from(byPrefix, ([prefix, numbers]): Entry => ({ prefix, numbers })),
  ].sort((a, b) => compareBytes(a.prefix, b.prefix));
}

function startOfDigits(name: string): number {
  let start = name.length;
  while (start > 0 && isDigit(name.charCodeAt(start - 1))) start--;
  return start;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function compareNumbers(a: Numbered, b: Numbered): number {
  if (a.value < b.value) return -1;
  return a.value > b.value ? 1 : a.digits.length - b.digits.length;
}

function toRanges(numbers: readonly Numbered[]): string {
  const strict = numbers.some((number, index) => {
    const before = numbers[index - 1];
    return before !== undefined && isSame(before, number) && before.digits !== number.digits;
  });
  const ranges: string[] = [];
  let [first, last] = [numbers[0], numbers[0]];
  for (let index = 1; index <= numbers.length; index++) {
    const next = numbers[index];
    if (first === undefined || last === undefined) break;
    if (next !== undefined && follows(last, next) && !(strict && !isSpelledAlike(first, next))) {
      last = next;
    } else {
      ranges.push(first === last ? first.digits : `${first.digits}-${last.digits}`);
      first = last = next;
    }
  }
  return ranges.join(",");
}

function isSame(a: Numbered, b: Numbered): boolean {
  return !(a.value < b.value) && !(a.value > b.value);
}

function follows(last: Numbered, next: Numbered): boolean {
  if (typeof last.value === "number" && typeof next.value === "number") return next.value === last.value + 1;
  return BigInt(next.value) === BigInt(last.value) + 1n;
}

/** Says whether `next`, written in the width of `first`, is spelled as it is. */
function isSpelledAlike(first: Numbered, next: Numbered): boolean {
  const [width, length] = [first.digits.length, next.digits.length];
  return length === width || (length > width && !next.digits.startsWith("0"));
}
