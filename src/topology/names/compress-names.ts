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
    const [only] = numbers;
    if (only === undefined) return prefix;
    return numbers.length === 1 ? only.name : `${prefix}[${toRanges(numbers)}]`;
  });
}

/** What `compressNames` gives, joined by commas; each name by itself, in the same order, where `ranges` is `false`. */
export function nameList(names: readonly string[], options: { readonly ranges?: boolean } = {}): string {
  if (options.ranges !== false) return compressNames(names).join(",");
  return inOrder(names)
    .map(({ prefix, numbers }) => (numbers.length === 0 ? prefix : numbers.map(({ name }) => name).join(",")))
    .join(",");
}

interface Entry {
  readonly prefix: string;
  /** In order; empty for a name that does not end in a digit. */
  readonly numbers: Numbered[];
}

/** A name and the number that ends it. */
interface Numbered {
  readonly name: string;
  /** How many digits it has; of one value, those of one width are spelled alike. */
  readonly width: number;
  /** A bigint where a number would not be exact. */
  readonly value: number | bigint;
}

/** As many digits as a number holds exactly, whatever they are. */
const exactDigits = 15;

function inOrder(names: readonly string[]): Entry[] {
  const unnumbered = new Set<string>();
  const byPrefix = new Map<string, Entry>();
  let entry: Entry | undefined;
  for (const name of names) {
    const number = numberOf(name);
    if (number === undefined) {
      unnumbered.add(name);
      continue;
    }
    // Names that follow each other mostly have one prefix, which need not be cut out of them then.
    const start = name.length - number.width;
    if (entry === undefined || entry.prefix.length !== start || !name.startsWith(entry.prefix)) {
      const prefix = name.slice(0, start);
      entry = byPrefix.get(prefix) ?? { prefix, numbers: [] };
      if (entry.numbers.length === 0) byPrefix.set(prefix, entry);
    }
    entry.numbers.push(number);
  }
  for (const { numbers } of byPrefix.values()) numbers.sort(compareNumbers);
  // The sort is stable: `abc` stays before the numbers of `abc`.
  return [...Array.from(unnumbered, (prefix): Entry => ({ prefix, numbers: [] })), ...byPrefix.values()].sort((a, b) =>
    compareBytes(a.prefix, b.prefix),
  );
}

function numberOf(name: string): Numbered | undefined {
  let start = name.length;
  while (start > 0 && isDigit(name.charCodeAt(start - 1))) start--;
  const width = name.length - start;
  if (width === 0) return undefined;
  const digits = name.slice(start);
  return { name, width, value: width <= exactDigits ? Number(digits) : BigInt(digits) };
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function compareNumbers(a: Numbered, b: Numbered): number {
  if (a.value < b.value) return -1;
  return a.value > b.value ? 1 : a.width - b.width;
}

function toRanges(numbers: readonly Numbered[]): string {
  const strict = numbers.some((number, index) => {
    const before = numbers[index - 1];
    return before !== undefined && isSame(before, number) && before.width !== number.width;
  });
  const ranges: string[] = [];
  let [first, last] = [numbers[0], numbers[0]];
  for (let index = 1; index <= numbers.length; index++) {
    const next = numbers[index];
    if (first === undefined || last === undefined) break;
    if (next !== undefined && follows(last, next) && !(strict && !isSpelledAlike(first, next))) {
      last = next;
    } else {
      ranges.push(first === last ? digitsOf(first) : `${digitsOf(first)}-${digitsOf(last)}`);
      first = last = next;
    }
  }
  return ranges.join(",");
}

function digitsOf({ name, width }: Numbered): string {
  return name.slice(name.length - width);
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
  return next.width === first.width || (next.width > first.width && !digitsOf(next).startsWith("0"));
}
