/**
 * Orders names as Slurm sorts hosts: `r9` before `r10`, capitals before small letters. Two runs of digits compare as whole
 * numbers, but as decimal fractions where one of them starts with a zero, so `r01` stands before `r1`.
 */
export function compareNaturally(left: string, right: string): number {
  let i = 0;
  while (i < left.length && i < right.length) {
    const a = digitsAt(left, i);
    const b = digitsAt(right, i);
    // Both texts are equal up to `i`, so that runs of digits start at the same place in both.
    if (a !== "" && b !== "" && a !== b) {
      const asFractions = a.startsWith("0") || b.startsWith("0");
      if (!asFractions && a.length !== b.length) return a.length - b.length;
      return a < b ? -1 : 1;
    }
    if (a !== "" && a === b) {
      i += a.length;
      continue;
    }
    const difference = left.charCodeAt(i) - right.charCodeAt(i);
    if (difference !== 0) return difference;
    i += 1;
  }
  return left.length - right.length;
}

function digitsAt(text: string, start: number): string {
  let end = start;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  return text.slice(start, end);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
