import { SluiceError } from "../../errors.ts";
import { formatInvalid, quoteValue } from "./format-invalid.ts";

/** The tasks of a job array. */
export interface ArraySpec {
  /** Ascending, each once. */
  readonly indices: readonly number[];
  /** Most tasks that run at a time; absent: all. */
  readonly limit?: number;
}

/** Tasks as squeue lists them. */
export interface ArrayTaskList extends ArraySpec {
  /** Slurm cut the list (`SLURM_BITSTR_LEN`, squeue(1)): there are more tasks than `indices` says. */
  readonly isTruncated: boolean;
}

/** The greatest index that any cluster can allow: MaxArraySize is at most 4,000,001 (slurm.conf(5)). */
const largestIndex = 4_000_000;

/** Most tasks that are listed one by one unless told otherwise. */
const defaultLimit = 1_000_000;

const remedy = "write indices and ranges as in 1,3-9:2%4 (sbatch(1), --array)";

/** The list and the limit of `1-3%2`, of `[1-3]%2` and of `[1-3%2]`. */
const shapes = [
  /^([^[\]%]*)(?:%(\d{1,10}))?$/,
  /^\[([^[\]%]*)\](?:%(\d{1,10}))?$/,
  /^\[([^[\]%]*)%(\d{1,10})\]$/,
] as const;

/**
 * Reads sbatch(1), `--array`: `0-15`, `1,3-9:2%4`, in brackets too (`[0-15]%4`). As in Slurm, order and duplicates do not
 * matter, empty entries (`1,,2`) say nothing, and `%0` is no limit. Whether an index is below the cluster's MaxArraySize
 * the cluster must say.
 *
 * Where Slurm 22.05 makes a guess, this refuses: a bracket without its fellow, `%` without a number (Slurm takes `1-5%x`
 * for no limit), `%` before the end (`1-3%2,5`), no index at all (`%2`).
 *
 * Throws `FORMAT_INVALID`, and `LIMIT_EXCEEDED` before anything is expanded where more than `options.limit` indices
 * (1,000,000 where absent) are written.
 */
export function parseArraySpec(text: string, options: { limit?: number } = {}): ArraySpec {
  const match = shapes.map((shape) => shape.exec(text)).find((found) => found !== null);
  if (match === undefined) throw formatInvalid("array", text, "brackets or % do not stand where they must", remedy);
  const [, list = "", tasksAtATime = "0"] = match;
  const indices = expandIndices(list, text, options.limit ?? defaultLimit);
  if (indices.length === 0) throw formatInvalid("array", text, "no index", remedy);
  const limit = Number(tasksAtATime);
  return limit === 0 ? { indices } : { indices, limit };
}

/**
 * Reads the tasks that squeue and scontrol list for an array, with or without their brackets: `0-3,7%2`, `0-98:7`, and
 * lists that Slurm cut, `1,3,5,1...%2`, of which the last, cut number is left out. Throws as `parseArraySpec` does.
 */
export function parseTaskList(text: string, options: { limit?: number } = {}): ArrayTaskList {
  const cut = /^(\[?)([\d,:-]*)\.\.\.((?:%\d{1,10})?\]?)$/.exec(text);
  if (cut === null) return { ...parseArraySpec(text, options), isTruncated: false };
  const [, open = "", list = "", end = ""] = cut;
  const whole = list.slice(0, Math.max(0, list.lastIndexOf(",")));
  if (whole === "") return { indices: [], isTruncated: true };
  return { ...parseArraySpec(open + whole + end, options), isTruncated: true };
}

function expandIndices(list: string, text: string, limit: number): number[] {
  const ranges = list.split(",").flatMap((item) => (item === "" ? [] : [parseRange(item.trimStart(), text)]));
  let written = 0;
  for (const { first, last, step } of ranges) {
    written += Math.floor((last - first) / step) + 1;
    if (written > limit) {
      throw new SluiceError("LIMIT_EXCEEDED", `array ${quoteValue(text)} has more than ${limit} tasks; ask for fewer`);
    }
  }
  const indices = new Set<number>();
  for (const { first, last, step } of ranges) {
    for (let index = first; index <= last; index += step) indices.add(index);
  }
  return [...indices].sort((a, b) => a - b);
}

function parseRange(item: string, text: string): { first: number; last: number; step: number } {
  const match = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(item);
  if (match === null) {
    throw formatInvalid("array", text, `${quoteValue(item)} is neither an index nor a range`, remedy);
  }
  const first = Number(match[1]);
  const last = Number(match[2] ?? first);
  const step = Number(match[3] ?? 1);
  if (Math.max(first, last, step) > largestIndex) {
    throw formatInvalid("array", text, "a number is too large", `no cluster takes indices above ${largestIndex}`);
  }
  if (last < first) throw formatInvalid("array", text, `${item} runs backwards`, "put the smaller index first");
  if (step === 0) throw formatInvalid("array", text, "a step of 0", remedy);
  return { first, last, step };
}

/**
 * Writes an array as Slurm lists its tasks: ranges where indices follow each other (`1-3,7%2`), and one range with a step
 * where all of six or more indices are equally far apart and span more than ten (`0-98:7`).
 */
export function formatArraySpec({ indices, limit }: ArraySpec): string {
  const end = limit === undefined ? "" : `%${limit}`;
  return (formatStep(indices) ?? formatRanges(indices)) + end;
}

function formatStep(indices: readonly number[]): string | undefined {
  const [first = 0, second = 0] = indices;
  const last = indices.at(-1) ?? 0;
  const step = second - first;
  if (step < 2 || indices.length < 6 || last - first <= 10) return undefined;
  return indices.every((index, i) => index === first + i * step) ? `${first}-${last}:${step}` : undefined;
}

function formatRanges(indices: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const index of indices) {
    const current = ranges.at(-1);
    if (current !== undefined && index === current.last + 1) current.last = index;
    else ranges.push({ first: index, last: index });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}
