import { parseCount } from "./count.ts";
import { formatInvalid } from "./format-invalid.ts";

/** How many nodes a job takes, both ends included. */
export interface NodeRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads sbatch(1), `--nodes`: `2` (exactly two), `1-2`, `-2` (one or two), with the suffixes of `parseCount` (`1k-2k`).
 * sbatch also takes `1-0` for "at least one"; here a maximum below the minimum is always a mistake.
 * Throws `FORMAT_INVALID`.
 */
export function parseNodeRange(text: string): NodeRange {
  // Word by word: one expression for the whole would try every way of sharing out a long run of blanks.
  const [low = "", high, ...rest] = text.split("-").map((part) => part.trim());
  if (rest.length > 0 || /[^\w \t-]/.test(text)) throw invalid(text, "neither a count nor a range");
  if (high === "" || (low === "" && high === undefined)) throw invalid(text, "a count is missing");
  const min = low === "" ? 1 : parseCount(low);
  const max = high === undefined ? min : parseCount(high);
  if (max < min) throw invalid(text, `the maximum ${max} is below the minimum ${min}`);
  return { min, max };
}

/** Writes a range for `--nodes`: `2` or `1-4`. */
export function formatNodeRange({ min, max }: NodeRange): string {
  return min === max ? `${min}` : `${min}-${max}`;
}

function invalid(text: string, problem: string): Error {
  return formatInvalid("node range", text, problem, "write MIN or MIN-MAX, as in 2 or 1-4 (sbatch(1), --nodes)");
}
