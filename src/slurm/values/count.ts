import { formatInvalid } from "./format-invalid.ts";

/** Slurm keeps counts in 32 bits with a sign. */
const largestCount = 2 ** 31 - 1;

const factors: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2 };

/**
 * Reads a count with the suffixes of sbatch(1), `--nodes`: `4`, `1k` is 1,024, `2M` is 2,097,152. sbatch knows them there
 * alone; `--ntasks=1k` it refuses, so that is for `parseWholeNumber`. Throws `FORMAT_INVALID`.
 */
export function parseCount(text: string): number {
  const match = /^(\d+)([km]?)$/i.exec(text);
  if (match === null) {
    throw formatInvalid("count", text, "not a whole number", "write digits, with k (1024) or m (1024²) where you like");
  }
  const [, digits, suffix = ""] = match;
  return checked(text, Number(digits) * (factors[suffix.toLowerCase()] ?? 1));
}

/** Reads a whole number without suffix, as sbatch's `--ntasks` and `--cpus-per-task` take it. Throws `FORMAT_INVALID`. */
export function parseWholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw formatInvalid("number", text, "not a whole number", "write digits alone");
  return checked(text, Number(text));
}

function checked(text: string, count: number): number {
  if (count <= largestCount) return count;
  throw formatInvalid("count", text, "too large for Slurm", `the greatest is ${largestCount}`);
}
