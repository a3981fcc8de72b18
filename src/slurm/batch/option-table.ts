import { slurmReleases, type SlurmRelease } from "../../schema/cluster-plan.ts";
import type { BatchOption } from "./batch-option.ts";
import { commandOptions } from "./command-options.ts";
import { gpuOptions } from "./gpu-options.ts";
import { jobOptions } from "./job-options.ts";
import { placementOptions } from "./placement-options.ts";
import { resourceOptions } from "./resource-options.ts";

const table = [...resourceOptions, ...gpuOptions, ...placementOptions, ...jobOptions, ...commandOptions] as const;

/** The rows of the table, each with its own name, type and choices. */
export type BatchOptionRow = (typeof table)[number];

/** The long names of all of sbatch's options, 22.05 to 26.05. */
export type BatchOptionName = BatchOptionRow["name"];

/**
 * Every option of sbatch(1), 22.05 to 26.05: the one source for reading and writing `#SBATCH` lines, the flags of
 * `sluice run` and the schema of a job. Options that SPANK plugins add at a site are not in it.
 */
export const batchOptions: readonly (BatchOption & { readonly name: BatchOptionName })[] = table;

/** What a long name on a command line stands for. */
export type LongMatch =
  | { readonly option: BatchOption }
  /** An abbreviation that fits several options; all their names, in the table's order. */
  | { readonly ambiguous: readonly string[] }
  | undefined;

/** The options that one command line or script may use. */
export interface OptionSet {
  readonly options: readonly BatchOption[];
  /** By long name or alias, whole or an unambiguous beginning of it, as getopt_long(3) finds it. */
  readonly long: (name: string) => LongMatch;
  /** By short letter. */
  readonly short: (letter: string) => BatchOption | undefined;
}

export interface OptionSetChoice {
  /** Leaves out what this release does not know. Absent: all releases together. */
  readonly release?: SlurmRelease;
  /**
   * Options of one's own, which win over sbatch's of the same name or letter. They are found by their whole name alone,
   * so they never make an abbreviation of an sbatch option ambiguous.
   */
  readonly own?: readonly BatchOption[];
}

/** The set of options for a release, and one's own. */
export function optionSet({ release, own = [] }: OptionSetChoice = {}): OptionSet {
  // Asked for three times for each job, and by far the most often so.
  return release === undefined && own.length === 0 ? allOptions : makeOptionSet({ release, own });
}

function makeOptionSet({
  release,
  own,
}: {
  readonly release: SlurmRelease | undefined;
  readonly own: readonly BatchOption[];
}): OptionSet {
  const options = release === undefined ? batchOptions : batchOptions.flatMap((option) => inRelease(option, release));
  const longNames = new Map<string, BatchOption>();
  const shortNames = new Map<string, BatchOption>();
  for (const option of [...options, ...own]) {
    for (const name of [option.name, ...(option.aliases ?? [])]) longNames.set(name, option);
    if (option.short !== undefined) shortNames.set(option.short, option);
  }
  const abbreviable = options.flatMap((option) => [option.name, ...(option.aliases ?? [])]);
  return {
    options: [...new Set(longNames.values())],
    short: (letter) => shortNames.get(letter),
    long(name) {
      const exact = longNames.get(name);
      if (exact !== undefined) return { option: exact };
      const names = abbreviable.filter((candidate) => candidate.startsWith(name));
      const [first, ...others] = new Set(names.map((candidate) => longNames.get(candidate)));
      if (first === undefined) return undefined;
      return others.length === 0 ? { option: first } : { ambiguous: names };
    },
  };
}

/** The option as a release knows it: not at all, or without what came later to its value. */
function inRelease(option: BatchOption, release: SlurmRelease): BatchOption[] {
  const { since, removed, valueSince, patternSince, pattern: _pattern, ...older } = option;
  if (since !== undefined && isBefore(release, since)) return [];
  if (removed !== undefined && !isBefore(release, removed)) return [];
  if (valueSince !== undefined && isBefore(release, valueSince)) return [{ ...option, takes: "nothing" }];
  return patternSince !== undefined && isBefore(release, patternSince) ? [older] : [option];
}

function isBefore(release: SlurmRelease, other: SlurmRelease): boolean {
  return slurmReleases.indexOf(release) < slurmReleases.indexOf(other);
}

const allOptions = makeOptionSet({ release: undefined, own: [] });

/** The sbatch option of this whole long name, alias or single letter, in any release. */
export function findOption(name: BatchOptionName): BatchOption;
export function findOption(name: string): BatchOption | undefined;
export function findOption(name: string): BatchOption | undefined {
  if (name.length === 1) return allOptions.short(name);
  return allOptions.options.find((option) => option.name === name || option.aliases?.includes(name) === true);
}
